"""HTTP: a forgotten password."""

from fastapi import APIRouter, Response

from auth.domain import new_token
from auth.endpoints.parts import CurrentClient, Open, set_device_cookie
from auth.schemas.account import LetterPromised, NewPassword, RecoveryRequest
from auth.schemas.registration import ConfirmedEmail, LinkRequest
from auth.service import recovery as service
from common.http.problems import declared

RECOVERIES = "/api/v1/recoveries"

router = APIRouter()


@router.post(RECOVERIES, status_code=202, responses=declared(422, 429, 503))
async def request_recovery(body: RecoveryRequest, resources: Open, client: CurrentClient) -> LetterPromised:
    """Ask for a letter with a link to set a new password. The answer tells nobody whether there is an account."""
    await service.request(resources, body.email, client=client)
    return LetterPromised(expires_in=int(resources.settings.recovery_link.total_seconds()))


@router.post(f"{RECOVERIES}/check", status_code=204, responses=declared(404, 410, 422, 503))
async def check_recovery_link(body: LinkRequest, resources: Open) -> None:
    """Say whether the link still works, using nothing up."""
    await service.check(resources, body.token.get_secret_value())


@router.post(f"{RECOVERIES}/complete", responses=declared(404, 410, 422, 503))
async def complete_recovery(
    response: Response, body: NewPassword, resources: Open, client: CurrentClient
) -> ConfirmedEmail:
    """Set a new password. Every session ends; signing in asks for the second factor as ever.

    Sets the cookie of the device, by which strangers' tries do not keep it from signing in.
    """
    device = new_token()  # the browser's own mark does not come to this path
    user = await service.complete(
        resources,
        body.token.get_secret_value(),
        password=body.password.get_secret_value(),
        client=client,
        device=device,
    )
    set_device_cookie(response, resources.settings, device)
    return ConfirmedEmail(email=user.email)
