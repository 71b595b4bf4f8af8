"""Sessions, API keys and second factors of others answer as those that do not exist, even to a proven login."""

from tests.service.auth.account import proven
from tests.service.auth.conftest import Auth
from tests.service.auth.test_api_keys import make
from tests.service.auth.test_factors import with_totp
from tests.service.ids_of_others import nobody_else_reaches


async def test_a_stranger_reaches_nothing_of_the_owners(auth: Auth):
    """INVARIANT: an id that is not the caller's answers as one that does not exist."""
    oleg = await proven(auth, email="oleg@example.org")
    anna, _, _ = await with_totp(auth)
    assert (await make(anna)).status_code == 201
    keys, factors, sessions = [
        (await anna.get(f"/api/v1/me/{what}")).json() for what in ("api-keys", "factors", "sessions")
    ]
    ids = {
        "api_key_id": keys["items"][0]["id"],
        "factor_id": factors["items"][0]["id"],
        "session_id": sessions["items"][0]["id"],
    }
    anybody = await auth.client()
    await nobody_else_reaches(
        "auth",
        anybody,
        ids,
        consumer={"Authorization": anna.headers["Authorization"]},
        strangers={"another user": {"Authorization": oleg.headers["Authorization"]}},
    )
