"""Asking for a second factor, and its proof. A challenge is met once, for the purpose that it was opened for.

A try is counted, in a transaction of its own, before anything is compared; whatever proves the factor is used up by
a conditional update in the transaction of what it opens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts, passkeys, totp
from auth.domain import SecurityEventKind, User, new_token, token_of, token_text
from auth.errors import ChallengeOver, ChallengeUnknown, SecondFactorWrong, TooManyAttempts
from auth.factors import (
    ChallengePurpose,
    Factor,
    FactorKind,
    Proof,
    ProofKind,
    StoredChallenge,
    new_sms_code,
    typed_code,
)
from auth.phones import hint
from auth.repository import challenges, factors, logins, users
from auth.resources import Resources
from auth.service import letters, security_log
from auth.service.client import Client, count, count_in
from common.logging import get_logger

log = get_logger(__name__)

CODES_PER_CHALLENGE = 3


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """What is asked of the browser. `passkey_options` is for the authenticator, `phone_hint` tells which phone."""

    token: str
    kinds: list[ProofKind]
    phone_hint: str | None
    passkey_options: dict[str, Any] | None
    expires_at: datetime


@dataclass(frozen=True)
class Tried:
    """A challenge with one try counted. `token_hmac` names it; `counted` is to be taken back."""

    challenge: StoredChallenge
    token_hmac: bytes
    counted: list[attempts.Counter]


async def open_challenge(
    connection: AsyncConnection, resources: Resources, challenge: StoredChallenge, *, now: datetime
) -> Challenge | None:
    """Ask for one of the user's factors; None if the user has none."""
    known = await factors.list_factors(connection, challenge.user_id)
    if not known:
        return None
    held = [one for one in known if one.kind is FactorKind.PASSKEY]
    options = passkeys.request_options(resources.settings, known=held) if held else None
    stored = replace(challenge, passkey_challenge=options.challenge if options else None)
    token = await store(connection, resources, stored, now=now)
    kinds = {ProofKind(one.kind.value) for one in known}
    if await factors.count_recovery_codes(connection, challenge.user_id):
        kinds.add(ProofKind.RECOVERY_CODE)
    phone = _phone(known)
    return Challenge(
        token=token,
        kinds=[kind for kind in ProofKind if kind in kinds],
        phone_hint=None if phone is None else hint(phone),
        passkey_options=options.json if options else None,
        expires_at=challenge.expires_at,
    )


async def store(connection: AsyncConnection, resources: Resources, challenge: StoredChallenge, *, now: datetime) -> str:
    """Store a challenge and return its token, which nobody learns again."""
    token = new_token()
    await challenges.add_challenge(connection, _stored(resources, token), challenge, now=now)
    return token_text(token)


async def send_sms(resources: Resources, token: str) -> str:
    """Send a code to the phone of the challenge; return a hint of its number. The former code ends.

    Raises ChallengeUnknown, ChallengeOver, TooManyAttempts (once a minute, three times a challenge).
    """
    token_hmac, now = named(resources, token), resources.clock.now()
    async with resources.engine.connect() as connection:
        challenge = await challenges.find_challenge(connection, token_hmac)
        if challenge is None or challenge.purpose is ChallengePurpose.ENROLMENT:
            raise ChallengeUnknown
        phone = _phone(await factors.list_factors(connection, challenge.user_id))
    if phone is None:
        raise ChallengeUnknown
    if challenge.used_at is not None or challenge.expires_at <= now:
        raise ChallengeOver
    counters = attempts.sms_counters(resources.settings, resources.secret_keys, user_id=challenge.user_id)
    await put_sms(resources, token_hmac, challenge.user_id, phone=phone, counters=counters)
    return hint(phone)


async def put_sms(
    resources: Resources, token_hmac: bytes, user_id: UUID, *, phone: str, counters: Sequence[attempts.Counter]
) -> None:
    """Send a new code for a challenge; what is not sent is not counted either. Raises TooManyAttempts."""
    settings, now = resources.settings, resources.clock.now()
    code = new_sms_code()
    async with resources.engine.begin() as connection:
        put = await challenges.put_code(
            connection,
            token_hmac,
            _code_hmac(resources, token_hmac, code),
            sent_before=now - settings.letter_again,
            limit=CODES_PER_CHALLENGE,
            now=now,
        )
        if not put:
            raise TooManyAttempts(settings.letter_again_seconds)
        if (wait_seconds := await count_in(connection, resources, counters)) is not None:
            log.warning("second_factor_code.turned_away", retry_after_seconds=wait_seconds)
            raise TooManyAttempts(wait_seconds)
        user, _ = await users.show_credentials(connection, user_id)
        await letters.second_factor_code(connection, user, phone=phone, code=code, expires_at=now + settings.sms_code)


async def count_try(resources: Resources, token: str, *, purpose: ChallengePurpose, client: Client) -> Tried:
    """Count a try and commit it. Raises ChallengeUnknown, ChallengeOver, TooManyAttempts."""
    token_hmac, now = named(resources, token), resources.clock.now()
    limit = resources.settings.tries_per_challenge
    async with resources.engine.begin() as connection:
        challenge = await challenges.count_try(connection, token_hmac, purpose=purpose, limit=limit, now=now)
        if challenge is None:
            found = await challenges.find_challenge(connection, token_hmac)
            raise ChallengeOver if found is not None and found.purpose is purpose else ChallengeUnknown
        device = await _known_device(connection, resources, challenge, client=client)
    counted = attempts.factor_counters(
        resources.settings,
        resources.secret_keys,
        user_id=challenge.user_id,
        known_device=device,
    )
    await count(resources, counted)
    return Tried(challenge, token_hmac, counted)


async def meet(
    connection: AsyncConnection, resources: Resources, tried: Tried, proof: Proof, *, client: Client, now: datetime
) -> User:
    """Use the proof and the challenge up; return whose it is. Raises SecondFactorWrong, ChallengeOver."""
    user_id = tried.challenge.user_id
    user, _ = await users.hold_user(connection, user_id)
    known = await factors.list_factors(connection, user_id)
    if proof.kind is ProofKind.TOTP:
        await _show_totp(connection, resources, known, proof, now=now)
    elif proof.kind is ProofKind.SMS:
        await _show_sms(connection, resources, tried, known, proof, now=now)
    elif proof.kind is ProofKind.PASSKEY:
        await _show_passkey(connection, resources, tried, known, proof, now=now)
    else:
        await _show_recovery_code(connection, resources, user, proof, client=client, now=now)
    if not await challenges.meet(connection, tried.token_hmac, now=now):
        raise ChallengeOver
    await attempts.take_back(connection, tried.counted)
    return user


async def refused(resources: Resources, tried: Tried, *, client: Client) -> None:
    """Enter a wrong factor into the user's security log: whoever tried it has the password."""
    user_id, now = tried.challenge.user_id, resources.clock.now()
    log.info("second_factor.refused", user_id=str(user_id))
    async with resources.engine.begin() as connection:
        await security_log.record(connection, user_id, SecurityEventKind.SECOND_FACTOR_REFUSED, client=client, now=now)


async def use_sent_code(
    connection: AsyncConnection, resources: Resources, token_hmac: bytes, code: str, *, now: datetime
) -> None:
    """Use the code that was sent for a challenge up. Raises SecondFactorWrong."""
    stored = _code_hmac(resources, token_hmac, typed_code(code))
    sent_after = now - resources.settings.sms_code
    if not await challenges.use_code(connection, token_hmac, stored, sent_after=sent_after):
        raise SecondFactorWrong


def recovery_code_hmac(resources: Resources, user_id: UUID, code: str) -> bytes:
    """Return what is stored of a user's recovery code."""
    return resources.secret_keys.bound_hmac(typed_code(code).encode(), purpose=f"recovery-code/{user_id}")


async def _known_device(
    connection: AsyncConnection, resources: Resources, challenge: StoredChallenge, *, client: Client
) -> bytes | None:
    """Return the mark of a device that the user has signed in from: strangers cannot lock that one out."""
    if challenge.login_id is not None:
        login = await logins.find_login(connection, challenge.login_id)
        return None if login is None else login.device_hmac
    if client.device is None:
        return None
    marks = resources.secret_keys.device_hmacs(client.device)
    return marks[0] if await logins.has_device(connection, challenge.user_id, marks) else None


async def _show_totp(
    connection: AsyncConnection, resources: Resources, known: Sequence[Factor], proof: Proof, *, now: datetime
) -> None:
    for factor in known:
        if factor.secret_sealed is None or proof.code is None:
            continue
        secret = resources.secret_keys.unseal_factor(factor.secret_sealed, user_id=factor.user_id)
        step = totp.matching_step(secret, typed_code(proof.code), now=now)
        if step is not None and await factors.use_step(connection, factor.id, step, now=now):
            return
    raise SecondFactorWrong


async def _show_sms(
    connection: AsyncConnection,
    resources: Resources,
    tried: Tried,
    known: Sequence[Factor],
    proof: Proof,
    *,
    now: datetime,
) -> None:
    factor = next((one for one in known if one.kind is FactorKind.SMS), None)
    if factor is None or proof.code is None:
        raise SecondFactorWrong
    await use_sent_code(connection, resources, tried.token_hmac, proof.code, now=now)
    await factors.mark_used(connection, factor.id, now=now)


async def _show_passkey(
    connection: AsyncConnection,
    resources: Resources,
    tried: Tried,
    known: Sequence[Factor],
    proof: Proof,
    *,
    now: datetime,
) -> None:
    challenge = tried.challenge.passkey_challenge
    if challenge is None or proof.credential is None:
        raise SecondFactorWrong
    factor = passkeys.shown(resources.settings, proof.credential, challenge=challenge, known=known)
    await factors.mark_used(connection, factor.id, sign_count=factor.sign_count, now=now)


async def _show_recovery_code(
    connection: AsyncConnection, resources: Resources, user: User, proof: Proof, *, client: Client, now: datetime
) -> None:
    if proof.code is None:
        raise SecondFactorWrong
    stored = recovery_code_hmac(resources, user.id, proof.code)
    if not await factors.use_recovery_code(connection, user.id, stored, now=now):
        raise SecondFactorWrong
    await letters.account_changed(connection, user, letters.Change.RECOVERY_CODE_USED, now=now)
    await security_log.record(connection, user.id, SecurityEventKind.RECOVERY_CODE_USED, client=client, now=now)


def _phone(known: Sequence[Factor]) -> str | None:
    return next((one.phone for one in known if one.phone is not None), None)


def named(resources: Resources, text: str) -> bytes:
    """Return what a challenge is stored under. Raises ChallengeUnknown for what cannot be a token of ours."""
    token = token_of(text)
    if token is None:
        raise ChallengeUnknown
    return _stored(resources, token)


def _stored(resources: Resources, token: bytes) -> bytes:
    return resources.secret_keys.bound_hmac(token, purpose="challenge")


def _code_hmac(resources: Resources, token_hmac: bytes, code: str) -> bytes:
    return resources.secret_keys.bound_hmac(code.encode(), purpose=f"sms/{token_hmac.hex()}")
