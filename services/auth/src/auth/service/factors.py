"""The second factors of a user: added after a proof, confirmed by using them once, announced, removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts, passkeys, totp
from auth.domain import Login, SecurityEventKind, User
from auth.errors import ChallengeOver, ChallengeUnknown, FactorExists, NoFactor, SecondFactorWrong
from auth.factors import (
    PASSKEYS,
    ChallengePurpose,
    Factor,
    FactorKind,
    StoredChallenge,
    new_recovery_codes,
    typed_code,
)
from auth.phones import hint, sms_e164
from auth.repository import challenges as stored_challenges
from auth.repository import factors, logins, users
from auth.resources import Resources
from auth.service import challenges, letters, security_log
from auth.service.client import Client, require_confirmed, require_login
from common.errors import NotFound, Rejected
from common.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What is needed to use a new factor for the first time; one of the last three is set."""

    token: str
    kind: FactorKind
    expires_at: datetime
    totp_secret: str | None = None
    totp_uri: str | None = None
    phone_hint: str | None = None
    passkey_options: dict[str, Any] | None = None


@dataclass(frozen=True)
class Added:
    """A factor that works now; recovery codes come with the first."""

    factor: Factor
    recovery_codes: list[str] | None


async def list_factors(connection: AsyncConnection, login_id: UUID) -> tuple[list[Factor], int]:
    """Return the user's factors and how many recovery codes are left."""
    login = await require_login(connection, login_id)
    left = await factors.count_recovery_codes(connection, login.user_id)
    return await factors.list_factors(connection, login.user_id), left


async def enrol(
    resources: Resources, login_id: UUID, *, kind: FactorKind, name: str, phone: str | None, client: Client
) -> Enrolment:
    """Begin to add a factor. Nothing is asked of it at sign-in before `confirm`.

    Raises StepUpRequired, FactorExists, TooManyAttempts, Rejected (`invalid_phone`, `phone_without_sms`,
    `sms_unavailable`).
    """
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        known = await factors.list_factors(connection, login.user_id)
        _check_room(known, kind)
        user, _ = await users.show_credentials(connection, login.user_id)
        pending, enrolment = _prepare(resources, login, user, known, kind=kind, name=name, phone=phone)
        token = await challenges.store(connection, resources, pending, now=now)
    if pending.phone is not None:
        await _send_first_code(resources, token, user, phone=pending.phone, client=client)
    return Enrolment(token=token, **enrolment)


async def confirm(
    resources: Resources,
    login_id: UUID,
    token: str,
    *,
    code: str | None,
    credential: dict[str, Any] | None,
    client: Client,
) -> Added:
    """Add the factor, shown once to work; the user's other sessions end, and a letter tells.

    Raises SecondFactorWrong, ChallengeUnknown, ChallengeOver, FactorExists, TooManyAttempts.
    """
    tried = await challenges.count_try(resources, token, purpose=ChallengePurpose.ENROLMENT, client=client)
    if tried.challenge.login_id != login_id:
        raise ChallengeUnknown
    try:
        async with resources.engine.begin() as connection:
            login = await require_login(connection, login_id)
            added = await _add(connection, resources, tried, code=code, credential=credential)
            now = resources.clock.now()
            await logins.set_factor_shown(connection, login.id, at=now)
            await _tell(
                connection,
                login,
                letters.Change.FACTOR_ADDED,
                SecurityEventKind.FACTOR_ADDED,
                client=client,
                now=now,
            )
    except SecondFactorWrong:
        await challenges.refused(resources, tried, client=client)
        raise
    except IntegrityError as error:
        raise FactorExists from error
    log.info("factor.added", user_id=str(login.user_id), kind=added.factor.kind.value)
    return added


async def remove(resources: Resources, login_id: UUID, factor_id: UUID, *, client: Client) -> None:
    """Remove a factor; with the last one the recovery codes go too, and what staff may do here until there is another.

    Raises StepUpRequired, NotFound.
    """
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        await users.hold_user(connection, login.user_id)
        if not await factors.remove_factor(connection, login.user_id, factor_id):
            raise NotFound("no such factor")
        if not await factors.list_factors(connection, login.user_id):
            await factors.replace_recovery_codes(connection, login.user_id, [], now=now)
            await logins.set_factor_shown(connection, login.id, at=None)
        await _tell(
            connection,
            login,
            letters.Change.FACTOR_REMOVED,
            SecurityEventKind.FACTOR_REMOVED,
            client=client,
            now=now,
        )
    log.info("factor.removed", user_id=str(login.user_id))


async def make_recovery_codes(resources: Resources, login_id: UUID, *, client: Client) -> list[str]:
    """Return new recovery codes; the former end. Raises StepUpRequired, NoFactor."""
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        user, _ = await users.hold_user(connection, login.user_id)
        if not await factors.list_factors(connection, user.id):
            raise NoFactor
        codes = await _replace_codes(connection, resources, user.id, now=now)
        await letters.account_changed(connection, user, letters.Change.RECOVERY_CODES_MADE, now=now)
        await security_log.record(connection, user.id, SecurityEventKind.RECOVERY_CODES_MADE, client=client, now=now)
    log.info("recovery_codes.made", user_id=str(user.id))
    return codes


async def _send_first_code(resources: Resources, token: str, user: User, *, phone: str, client: Client) -> None:
    settings, keys = resources.settings, resources.secret_keys
    counters = [
        *attempts.sms_counters(settings, keys, user_id=user.id),
        *attempts.sms_enrolment_counters(settings, keys, phone=phone, address=client.address),
    ]
    await challenges.put_sms(resources, challenges.named(resources, token), user.id, phone=phone, counters=counters)


def _check_room(known: Sequence[Factor], kind: FactorKind) -> None:
    of_kind = sum(one.kind is kind for one in known)
    if of_kind >= (PASSKEYS if kind is FactorKind.PASSKEY else 1):
        raise FactorExists


def _prepare(
    resources: Resources,
    login: Login,
    user: User,
    known: Sequence[Factor],
    *,
    kind: FactorKind,
    name: str,
    phone: str | None,
) -> tuple[StoredChallenge, dict[str, Any]]:
    """Return what is stored until the confirmation, and what is shown."""
    expires_at = resources.clock.now() + resources.settings.challenge
    stored: dict[str, Any] = {"login_id": login.id, "kind": kind, "name": name}
    shown: dict[str, Any] = {"kind": kind, "expires_at": expires_at}
    if kind is FactorKind.TOTP:
        secret = totp.new_secret()
        stored["secret_sealed"] = resources.secret_keys.seal_factor(secret, user_id=user.id)
        shown |= {"totp_secret": secret, "totp_uri": totp.uri(secret, account=user.email)}
    elif kind is FactorKind.SMS:
        stored["phone"] = _phone(resources, user, phone)
        shown["phone_hint"] = hint(stored["phone"])
    else:
        options = passkeys.creation_options(resources.settings, user, known=known)
        stored["passkey_challenge"] = options.challenge
        shown["passkey_options"] = options.json
    challenge = StoredChallenge(purpose=ChallengePurpose.ENROLMENT, user_id=user.id, expires_at=expires_at, **stored)
    return challenge, shown


def _phone(resources: Resources, user: User, given: str | None) -> str:
    if not resources.settings.sms_enabled:
        raise Rejected("SMS is not set up here", code="sms_unavailable", field="kind")
    return sms_e164(given or user.phone or "", countries=resources.settings.sms_countries)


async def _add(
    connection: AsyncConnection,
    resources: Resources,
    tried: challenges.Tried,
    *,
    code: str | None,
    credential: dict[str, Any] | None,
) -> Added:
    challenge, now = tried.challenge, resources.clock.now()
    await users.hold_user(connection, challenge.user_id)
    known = await factors.list_factors(connection, challenge.user_id)
    if challenge.kind is None or challenge.name is None:
        raise ChallengeUnknown
    _check_room(known, challenge.kind)
    proven = await _prove(connection, resources, tried, code=code, credential=credential)
    factor = Factor(
        id=uuid4(),
        user_id=challenge.user_id,
        kind=challenge.kind,
        name=challenge.name,
        created_at=now,
        last_used_at=now,
        secret_sealed=challenge.secret_sealed,
        phone=challenge.phone,
        **proven,
    )
    if not await stored_challenges.meet(connection, tried.token_hmac, now=now):
        raise ChallengeOver
    await attempts.take_back(connection, tried.counted)
    await factors.add_factor(connection, factor)
    codes = None if known else await _replace_codes(connection, resources, challenge.user_id, now=now)
    return Added(factor, codes)


async def _prove(
    connection: AsyncConnection,
    resources: Resources,
    tried: challenges.Tried,
    *,
    code: str | None,
    credential: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return what the first use tells of the factor. Raises SecondFactorWrong."""
    challenge, now = tried.challenge, resources.clock.now()
    if challenge.kind is FactorKind.PASSKEY:
        if credential is None or challenge.passkey_challenge is None:
            raise SecondFactorWrong
        made = passkeys.created(resources.settings, credential, challenge=challenge.passkey_challenge)
        return vars(made)
    if code is None:
        raise SecondFactorWrong
    if challenge.kind is FactorKind.SMS:
        await challenges.use_sent_code(connection, resources, tried.token_hmac, code, now=now)
        return {}
    secret = resources.secret_keys.unseal_factor(challenge.secret_sealed or b"", user_id=challenge.user_id)
    step = totp.matching_step(secret, typed_code(code), now=now)
    if step is None:
        raise SecondFactorWrong
    return {"last_step": step}


async def _replace_codes(
    connection: AsyncConnection, resources: Resources, user_id: UUID, *, now: datetime
) -> list[str]:
    codes = new_recovery_codes()
    stored = [challenges.recovery_code_hmac(resources, user_id, code) for code in codes]
    await factors.replace_recovery_codes(connection, user_id, stored, now=now)
    return codes


async def _tell(
    connection: AsyncConnection,
    login: Login,
    change: letters.Change,
    kind: SecurityEventKind,
    *,
    client: Client,
    now: datetime,
) -> None:
    user, _ = await users.show_credentials(connection, login.user_id)
    await logins.end_logins_of(connection, user.id, reason="factors_changed", but=login.id, now=now)
    await letters.account_changed(connection, user, change, now=now)
    await security_log.record(connection, user.id, kind, client=client, now=now)
