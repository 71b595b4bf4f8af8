"""One try to link a contract: counted, compared, and kept for who tried when it came to nothing.

Several transactions on purpose: a count and a refusal must outlive what they are about, and none is open while
argon2 works.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import TooMany
from contracts.domain.attempts import LinkLimits, LinkSubjects, link_subjects, login_digest
from contracts.domain.contracts import Contract
from contracts.domain.links import LinkedContract, RefusalReason
from contracts.errors import LinkRefused
from contracts.repository import contracts, refusals
from contracts.resources import Resources
from contracts.secret_keys import TokenKey
from contracts.service.attempts import count_link_attempt, forgive_attempt
from contracts.service.links import link
from contracts.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What a user typed."""

    user_id: UUID
    supplier_code: str
    login: str
    password: SecretStr
    name: str

    def login_digest(self, key: TokenKey) -> bytes:
        return login_digest(
            user_id=self.user_id, supplier_code=self.supplier_code, login=self.login, digest=key.subject_hmac
        )


@dataclass(frozen=True, kw_only=True)
class Proven:
    """A contract whose password fits, and what the try was counted against."""

    tried: Tried
    contract: Contract
    subjects: LinkSubjects


async def prove(resources: Resources, tried: Tried, *, now: datetime) -> Proven:
    """Count the try and compare the password: the same statements and one hash for an unknown login too.

    Raises TooMany before anything is compared, LinkRefused, Busy for want of room.
    """
    with resources.passwords.room():  # before the try is counted: who is sent away for want of room did not try
        async with resources.engine.begin() as connection:
            contract, linked_before = await contracts.contract_by_login(
                connection, tried.supplier_code, tried.login, user_id=tried.user_id
            )
            stored = contract.password_hash if contract is not None else None
            subjects = link_subjects(
                user_id=tried.user_id,
                supplier_code=tried.supplier_code,
                login=tried.login,
                password_hash=stored,
                limits=_limits(resources.settings),
                digest=resources.token_key.subject_hmac,
            )
            await count_link_attempt(
                connection,
                subjects,
                contract_id=contract.contract_id if contract is not None else None,
                linked_before=linked_before,
                now=now,
            )
        checked = await resources.passwords.check(tried.password.get_secret_value(), stored)
    if contract is None or not checked.fits:
        raise LinkRefused
    return Proven(tried=tried, contract=contract, subjects=subjects)


async def link_proven(connection: AsyncConnection, proven: Proven, *, now: datetime) -> LinkedContract:
    """Link the contract. Raises as `contracts.service.links.link`."""
    tried = proven.tried
    return await link(connection, proven.contract, user_id=tried.user_id, name=tried.name, now=now)


async def settle(connection: AsyncConnection, proven: Proven, *, key: TokenKey) -> None:
    """Take the try back, and what was refused to the user on this login before."""
    await forgive_attempt(connection, proven.subjects.all())
    await refusals.settle(connection, proven.tried.user_id, proven.tried.login_digest(key))


async def keep_refusal(resources: Resources, tried: Tried, error: LinkRefused | TooMany, *, now: datetime) -> None:
    """Keep a try that came to nothing for its user's list."""
    reason = RefusalReason.LINK_REFUSED if isinstance(error, LinkRefused) else RefusalReason.TOO_MANY_ATTEMPTS
    async with resources.engine.begin() as connection:
        await refusals.keep(
            connection,
            user_id=tried.user_id,
            login_digest=tried.login_digest(resources.token_key),
            supplier_code=tried.supplier_code,
            name=tried.name,
            reason=reason,
            now=now,
        )


def _limits(settings: Settings) -> LinkLimits:
    return LinkLimits(
        per_user=settings.link_attempts_per_user,
        per_pair=settings.link_attempts_per_user_and_login,
        window=settings.attempts_window,
        per_login=settings.link_attempts_per_login,
        per_pair_while_guessed=settings.link_attempts_while_guessed,
        login_window=timedelta(seconds=settings.link_attempts_login_window_seconds),
    )
