"""Tickets of others answer as those that do not exist."""

from uuid import uuid4

from tests.service.ids_of_others import nobody_else_reaches
from tests.service.tickets.conftest import WORDING, Desk


async def test_a_stranger_reaches_nothing_of_the_owners(desk: Desk):
    """INVARIANT: an id that is not the caller's answers as one that does not exist."""
    anna, boris, contract = uuid4(), uuid4(), uuid4()
    await desk.links(contract, anna)
    await desk.links(uuid4(), boris)
    made = await desk.create(anna, contract)
    await nobody_else_reaches(
        "tickets",
        desk.client,
        {"contract_id": str(contract), "ticket_id": made.json()["id"]},
        consumer=desk.tokens.headers(anna),
        strangers={
            "a consumer": desk.tokens.headers(boris),
            "staff of another": desk.tokens.headers(uuid4(), roles=["operator"], supplier="other"),
        },
        bodies={"create_ticket": WORDING},
    )
