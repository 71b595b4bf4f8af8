"""HTTP: proving the owner anew, and the second factors."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from auth import totp
from auth.endpoints.parts import CurrentClient, Open
from auth.factors import FactorKind
from auth.resources import Resources
from auth.schemas.factors import (
    AddedFactor,
    Challenge,
    ChallengeRequest,
    Enrolment,
    EnrolmentConfirmation,
    EnrolmentRequest,
    Factor,
    Factors,
    PasskeyEnrolment,
    RecoveryCodes,
    ShownFactor,
    SmsEnrolment,
    SmsSent,
    StepUp,
    StepUpRequest,
    TotpEnrolment,
)
from auth.service import challenges, step_up
from auth.service import factors as service
from common.db import Reading
from common.http.auth import CurrentCaller, CurrentPerson
from common.http.problems import declared

FACTORS = "/api/v1/me/factors"

router = APIRouter()


@router.post("/api/v1/second-factor/sms", status_code=202, responses=declared(404, 410, 422, 429, 503))
async def send_second_factor_sms(body: ChallengeRequest, resources: Open) -> SmsSent:
    """Send a code for a challenge to the user's phone. The former code ends."""
    phone_hint = await challenges.send_sms(resources, body.challenge_id)
    return SmsSent(
        phone_hint=phone_hint,
        expires_in=resources.settings.sms_code_seconds,
        resend_after_seconds=resources.settings.letter_again_seconds,
    )


@router.post("/api/v1/me/step-up", responses=declared(401, 403, 422, 429, 503))
async def begin_step_up(
    response: Response, body: StepUpRequest, caller: CurrentPerson, resources: Open, client: CurrentClient
) -> StepUp:
    """Prove that the owner sits there, before what a thief of the session would change first."""
    response.headers["Cache-Control"] = "no-store"
    password = body.password.get_secret_value()
    proven = await step_up.step_up(resources, caller.login_id, password=password, client=client)
    if isinstance(proven, datetime):
        return StepUp(confirmed_until=proven, challenge=None)
    return StepUp(confirmed_until=None, challenge=shown_challenge(proven, resources))


@router.post("/api/v1/me/step-up/second-factor", responses=declared(401, 403, 404, 410, 422, 429, 503))
async def complete_step_up(body: ShownFactor, caller: CurrentPerson, resources: Open, client: CurrentClient) -> StepUp:
    """Show the second factor of a step-up."""
    until = await step_up.show_second_factor(
        resources, caller.login_id, body.challenge_id, proof=body.proof(), client=client
    )
    return StepUp(confirmed_until=until, challenge=None)


@router.get(FACTORS, responses=declared(401, 503))
async def list_factors(response: Response, caller: CurrentPerson, connection: Reading) -> Factors:
    """List the user's second factors."""
    response.headers["Cache-Control"] = "no-store"
    found, left = await service.list_factors(connection, caller.login_id)
    return Factors(items=[Factor.of(one) for one in found], next_cursor=None, recovery_codes_left=left)


@router.post(FACTORS, status_code=201, responses=declared(401, 403, 409, 422, 429, 503))
async def enrol_factor(
    response: Response, body: EnrolmentRequest, caller: CurrentPerson, resources: Open, client: CurrentClient
) -> Enrolment:
    """Begin to add a second factor. Needs a step-up. It counts when it was used once."""
    response.headers["Cache-Control"] = "no-store"
    begun = await service.enrol(
        resources, caller.login_id, kind=FactorKind(body.kind), name=body.name, phone=body.phone, client=client
    )
    return _enrolment(begun, resources)


@router.post(f"{FACTORS}/confirm", status_code=201, responses=declared(401, 403, 404, 409, 410, 422, 429, 503))
async def confirm_factor(
    response: Response, body: EnrolmentConfirmation, caller: CurrentPerson, resources: Open, client: CurrentClient
) -> AddedFactor:
    """Add the factor by its first use. The user's other sessions end."""
    response.headers["Cache-Control"] = "no-store"
    added = await service.confirm(
        resources,
        caller.login_id,
        body.enrolment_id,
        code=None if body.code is None else body.code.get_secret_value(),
        credential=body.credential,
        client=client,
    )
    return AddedFactor(factor=Factor.of(added.factor), recovery_codes=added.recovery_codes)


@router.delete(f"{FACTORS}/{{factor_id}}", status_code=204, responses=declared(401, 403, 404, 422, 503))
async def remove_factor(factor_id: UUID, caller: CurrentCaller, resources: Open, client: CurrentClient) -> None:
    """Remove a second factor. Needs a step-up. The user's other sessions end."""
    await service.remove(resources, caller.login_id, factor_id, client=client)


@router.post("/api/v1/me/recovery-codes", status_code=201, responses=declared(401, 403, 409, 503))
async def make_recovery_codes(
    response: Response, caller: CurrentCaller, resources: Open, client: CurrentClient
) -> RecoveryCodes:
    """Make new recovery codes; the former end. Needs a step-up."""
    response.headers["Cache-Control"] = "no-store"
    codes = await service.make_recovery_codes(resources, caller.login_id, client=client)
    return RecoveryCodes(recovery_codes=codes)


def shown_challenge(challenge: challenges.Challenge, resources: Resources) -> Challenge:
    return Challenge(
        challenge_id=challenge.token,
        factors=[kind.value for kind in challenge.kinds],
        phone_hint=challenge.phone_hint,
        passkey_options=challenge.passkey_options,
        expires_in=_seconds_until(challenge.expires_at, resources),
    )


def _enrolment(begun: service.Enrolment, resources: Resources) -> Enrolment:
    secret, uri = begun.totp_secret, begun.totp_uri
    return Enrolment(
        enrolment_id=begun.token,
        kind=begun.kind.value,
        expires_in=_seconds_until(begun.expires_at, resources),
        totp=TotpEnrolment(secret=secret, uri=uri, qr_svg=totp.qr_svg(uri)) if secret and uri else None,
        sms=None if begun.phone_hint is None else SmsEnrolment(phone_hint=begun.phone_hint),
        passkey=None if begun.passkey_options is None else PasskeyEnrolment(options=begun.passkey_options),
    )


def _seconds_until(end: datetime, resources: Resources) -> int:
    return max(0, int((end - resources.clock.now()).total_seconds()))
