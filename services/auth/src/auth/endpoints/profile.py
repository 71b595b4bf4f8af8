"""HTTP: what users change of themselves."""

from fastapi import APIRouter, Response

from auth.domain import email_hint
from auth.endpoints.parts import CurrentClient, Open
from auth.schemas.account import EmailChange, EmailChangePromised, PasswordChange, ProfileChange, UserProfile
from auth.schemas.registration import ConfirmedEmail, LinkRequest, OfferedEmail
from auth.service import profile as service
from common.db import Reading
from common.http.auth import CurrentCaller
from common.http.problems import declared

router = APIRouter()


@router.get("/api/v1/me/profile", responses=declared(401, 503))
async def show_my_profile(
    response: Response, caller: CurrentCaller, connection: Reading, resources: Open
) -> UserProfile:
    """Show what the user has told."""
    response.headers["Cache-Control"] = "no-store"
    return _profile(await service.show_profile(connection, caller.login_id, now=resources.clock.now()))


@router.patch("/api/v1/me/profile", responses=declared(401, 403, 422, 503))
async def change_my_profile(
    body: ProfileChange, caller: CurrentCaller, resources: Open, client: CurrentClient
) -> UserProfile:
    """Change name, phone or language. Another phone needs a step-up."""
    changed = await service.change_profile(
        resources,
        caller.login_id,
        full_name=body.full_name,
        phone=body.phone,
        language=body.language,
        client=client,
    )
    return _profile(changed)


@router.post("/api/v1/me/email", status_code=202, responses=declared(401, 403, 422, 429, 503))
async def request_email_change(
    body: EmailChange, caller: CurrentCaller, resources: Open, client: CurrentClient
) -> EmailChangePromised:
    """Send a link to the new address. Needs a step-up. The answer tells nobody whether the address is taken."""
    await service.request_email_change(resources, caller.login_id, body.email, client=client)
    lifetime = resources.settings.confirmation_link
    return EmailChangePromised(email=body.email, expires_in=int(lifetime.total_seconds()))


@router.post("/api/v1/email-changes/check", responses=declared(404, 410, 422, 503))
async def check_email_change_link(body: LinkRequest, resources: Open) -> OfferedEmail:
    """Say whether the link still works and to which address it belongs, using nothing up."""
    return OfferedEmail(
        email_hint=email_hint(await service.check_email_change(resources, body.token.get_secret_value()))
    )


@router.post("/api/v1/email-changes/confirm", responses=declared(404, 409, 410, 422, 503))
async def confirm_email_change(body: LinkRequest, resources: Open, client: CurrentClient) -> ConfirmedEmail:
    """Use the link that came to the new address: it is the user's now."""
    user = await service.confirm_email_change(resources, body.token.get_secret_value(), client=client)
    return ConfirmedEmail(email=user.email)


@router.put("/api/v1/me/password", status_code=204, responses=declared(401, 403, 422, 429, 503))
async def change_password(body: PasswordChange, caller: CurrentCaller, resources: Open, client: CurrentClient) -> None:
    """Set another password. The user's other sessions end, and all API keys unless they are kept."""
    await service.change_password(
        resources,
        caller.login_id,
        current=body.current_password.get_secret_value(),
        new=body.new_password.get_secret_value(),
        keep_api_keys=body.keep_api_keys,
        client=client,
    )


def _profile(profile: service.Profile) -> UserProfile:
    user = profile.user
    return UserProfile.model_validate(
        {
            "email": user.email,
            "pending_email": profile.pending_email,
            "full_name": user.full_name,
            "phone": user.phone,
            "language": user.language,
        }
    )
