"""Notifications of others answer as those that do not exist."""

from uuid import uuid4

from tests.service.ids_of_others import nobody_else_reaches
from tests.service.notify.conftest import Board


async def test_a_stranger_reaches_nothing_of_the_owners(board: Board):
    """INVARIANT: an id that is not the caller's answers as one that does not exist."""
    anna, boris, contract = uuid4(), uuid4(), uuid4()
    await board.links(contract, anna)
    await board.links(uuid4(), boris)
    (notice,) = (await board.get(anna)).json()["items"]
    await nobody_else_reaches(
        "notify",
        board.client,
        {"notification_id": notice["id"]},
        consumer=board.tokens.headers(anna),
        strangers={
            "a consumer": board.tokens.headers(boris),
            "staff of another": board.tokens.headers(uuid4(), roles=["operator"], supplier="other"),
        },
    )
    assert (await board.get(boris, contract_id=str(contract))).status_code == 404
    assert (await board.get(anna, contract_id=str(contract))).status_code == 200
