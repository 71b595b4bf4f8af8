"""Contracts, invitations and refused links of others answer as those that do not exist."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.service.contracts.conftest import OPEN, Portal
from tests.service.contracts.test_inbox import bill, send
from tests.service.contracts.test_sharing import accept, invite, token
from tests.service.ids_of_others import nobody_else_reaches

UNTIL = (datetime.now(UTC) + timedelta(days=20)).date()


async def test_a_stranger_reaches_nothing_of_the_owners(portal: Portal):
    """INVARIANT: an id that is not the caller's answers as one that does not exist."""
    anna, boris, guest = uuid4(), uuid4(), uuid4()
    assert (await portal.link(anna, password="wrong", login="another")).status_code != 201
    assert (await portal.link(anna)).status_code == 201
    invitation = (await invite(portal, anna)).json()
    assert (await accept(portal, guest, await token(portal))).status_code == 201
    refused = await portal.client.get("/api/v1/refused-links", headers=portal.tokens.headers(anna))
    await send(portal, bill(1, "7.00", "7.00") | {"document_id": "x"})  # the smallest that a query names
    ids = {
        "contract_id": str(OPEN.contract_id),
        "invitation_id": invitation["id"],
        "refused_link_id": refused.json()["items"][0]["id"],
    }
    wanted = {"email": "reader@example.org", "expires_on": UNTIL.isoformat(), "language": "ru"}
    await nobody_else_reaches(
        "contracts",
        portal.client,
        ids,
        consumer=portal.tokens.headers(anna),
        strangers={"a consumer": portal.tokens.headers(boris)},
        staff=portal.tokens.headers(uuid4(), roles=["operator"], supplier="demo"),
        strange_staff=portal.tokens.headers(uuid4(), roles=["operator"], supplier="other"),
        bodies={
            "invite_reader": wanted,
            "change_operator_contract": {"number": "76385943-233"},
            "issue_credential_sheet": {"contract_ids": [ids["contract_id"]]},
        },
    )
