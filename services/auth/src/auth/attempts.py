"""How often one may try to sign in. A failure is counted, and committed, before the password is looked at.

Counters are per account and address, per account, and per address; a device that the account knows has its
own counter instead of the first two, so that strangers cannot lock the owner out. A success counts nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import repository
from auth.domain import address_block
from auth.secret_keys import SecretKeys
from auth.settings import Settings


@dataclass(frozen=True)
class Counter:
    """One thing that is counted. A success forgets `own` ones and takes its one failure back from the others."""

    subject: bytes
    limit: int
    own: bool


def counters(
    settings: Settings, secret_keys: SecretKeys, *, email: str, address: str, known_device: bytes | None
) -> list[Counter]:
    """Return what one sign-in counts, always in the same order of kinds: no two transactions lock crosswise."""
    block = address_block(address)
    by_address = Counter(secret_keys.subject("address", block), settings.attempts_per_address, own=False)
    if known_device is not None:
        subject = secret_keys.subject("device", email, known_device.hex())
        return [Counter(subject, settings.attempts_per_account_and_address, own=True), by_address]
    return [
        Counter(secret_keys.subject("pair", email, block), settings.attempts_per_account_and_address, own=True),
        Counter(secret_keys.subject("account", email), settings.attempts_per_account, own=False),
        by_address,
    ]


async def count_failure(
    connection: AsyncConnection, counted: list[Counter], *, window: timedelta, now: datetime
) -> int | None:
    """Count; return the seconds to wait if any limit is passed, else None. Does not raise: the count must commit."""
    waits = []
    for counter in counted:
        failures, began_at = await repository.count_failure(
            connection, counter.subject, window_begins_at=now - window, now=now
        )
        if failures > counter.limit:
            waits.append(max(1, ceil((began_at + window - now).total_seconds())))
    return max(waits, default=None)


async def take_back(connection: AsyncConnection, counted: list[Counter]) -> None:
    """The sign-in was right after all."""
    for counter in counted:
        if counter.own:
            await repository.forget_failures(connection, counter.subject)
        else:
            await repository.take_failure_back(connection, counter.subject)
