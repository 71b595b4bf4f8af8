"""HTTP: asking for an account, its letter, its confirmation; the strength of a password."""

from uuid import UUID

from fastapi import APIRouter, Response

from auth.domain import Registration as DomainRegistration
from auth.endpoints.parts import CurrentClient, Open
from auth.schemas.registration import (
    ConfirmedEmail,
    LinkRequest,
    PasswordStrength,
    PasswordStrengthRequest,
    Registration,
    RegistrationConfirmation,
    RegistrationRequest,
)
from auth.service import registration as service
from auth.service.passwords import estimate
from common.http.problems import declared

REGISTRATIONS = "/api/v1/registrations"

router = APIRouter()


@router.post("/api/v1/password-strength", responses=declared(422, 429, 503))
async def estimate_password(
    response: Response, body: PasswordStrengthRequest, resources: Open, client: CurrentClient
) -> PasswordStrength:
    """Say how strong a password is and whether it would be taken. Nothing is stored."""
    response.headers["Cache-Control"] = "no-store"
    score, refusal = await estimate(
        resources, body.password.get_secret_value(), email=body.email, full_name=body.full_name, client=client
    )
    return PasswordStrength.model_validate({"score": score, "refusal": refusal})


@router.post(REGISTRATIONS, status_code=201, responses=declared(409, 422, 429, 503))
async def register(body: RegistrationRequest, resources: Open, client: CurrentClient) -> Registration:
    """Ask for an account. A letter with a link goes to the address; the account is there when the link is confirmed."""
    registration = await service.register(
        resources,
        email=body.email,
        full_name=body.full_name,
        phone=body.phone,
        password=body.password.get_secret_value(),
        language=body.language,
        client=client,
    )
    return _registration(registration, resources)


@router.post(f"{REGISTRATIONS}/{{registration_id}}/letters", responses=declared(404, 409, 422, 429, 503))
async def send_registration_letter(registration_id: UUID, resources: Open) -> Registration:
    """Send the letter again, with a new link."""
    return _registration(await service.send_again(resources, registration_id), resources)


@router.post(f"{REGISTRATIONS}/check", status_code=204, responses=declared(404, 409, 410, 422, 503))
async def check_registration_link(body: LinkRequest, resources: Open) -> None:
    """Say whether the link still works, using nothing up."""
    await service.check(resources, body.token.get_secret_value())


@router.post(f"{REGISTRATIONS}/confirm", responses=declared(403, 404, 409, 410, 422, 429, 503))
async def confirm_registration(
    body: RegistrationConfirmation, resources: Open, client: CurrentClient
) -> ConfirmedEmail:
    """Use the letter's link with the password of the registration: the account is there now.

    403 `wrong_password` leaves the link good: whoever opens a foreign registration's letter registers anew.
    """
    user = await service.confirm(
        resources, body.token.get_secret_value(), password=body.password.get_secret_value(), client=client
    )
    return ConfirmedEmail(email=user.email)


def _registration(registration: DomainRegistration, resources: Open) -> Registration:
    return Registration(
        registration_id=registration.id,
        email=registration.email,
        resend_after_seconds=resources.settings.letter_again_seconds,
    )
