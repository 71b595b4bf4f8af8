"""How often one may try. A failure is counted, and committed, before anything is looked at.

Counters are per account and address, per account, and per address; a device that the account knows has its
own counter instead of the first two, so that strangers cannot lock the owner out. A success counts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import address_block
from auth.repository import attempts as repository
from auth.secret_keys import SecretKeys
from auth.settings import Settings

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Counter:
    """One thing that is counted. A success forgets `own` ones and takes its one failure back from the others.

    `window` is the settings' where it is None.
    """

    subject: bytes
    limit: int
    own: bool = False
    window: timedelta | None = None


def sign_in_counters(
    settings: Settings, secret_keys: SecretKeys, *, email: str, address: str, known_device: bytes | None
) -> list[Counter]:
    """Return what one sign-in counts, always in the same order of kinds: no two transactions lock crosswise."""
    block = address_block(address)
    by_address = Counter(secret_keys.subject("address", block), settings.attempts_per_address)
    if known_device is not None:
        subject = secret_keys.subject("device", email, known_device.hex())
        return [Counter(subject, settings.attempts_per_account_and_address, own=True), by_address]
    return [
        Counter(secret_keys.subject("pair", email, block), settings.attempts_per_account_and_address, own=True),
        Counter(secret_keys.subject("account", email), settings.attempts_per_account),
        by_address,
    ]


def registration_counters(settings: Settings, secret_keys: SecretKeys, *, address: str) -> list[Counter]:
    """Return what asking for an account counts: this call tells whether an address is known."""
    subject = secret_keys.subject("registration", address_block(address))
    return [Counter(subject, settings.registrations_per_address)]


def registration_letter_counters(settings: Settings, secret_keys: SecretKeys, *, email: str) -> list[Counter]:
    """Return what a letter of a registration counts, whoever asks: it goes to somebody who may not have asked."""
    return [
        Counter(secret_keys.subject("registration-letter", email), settings.registration_letters_per_email),
        Counter(
            secret_keys.subject("registration-letter-day", email),
            settings.registration_letters_per_email_and_day,
            window=DAY,
        ),
    ]


def confirmation_counters(
    settings: Settings, secret_keys: SecretKeys, *, registration_id: UUID, address: str
) -> list[Counter]:
    """Return what confirming an account counts: the link's reader may not be who chose the password."""
    return [
        Counter(
            secret_keys.subject("confirmation", str(registration_id)),
            settings.attempts_per_account_and_address,
            own=True,
        ),
        Counter(secret_keys.subject("address", address_block(address)), settings.attempts_per_address),
    ]


def recovery_counters(settings: Settings, secret_keys: SecretKeys, *, email: str, address: str) -> list[Counter]:
    """Return what asking for a recovery counts: it sends letters to somebody who may not have asked."""
    return [
        Counter(secret_keys.subject("recovery", email), settings.recoveries_per_account),
        Counter(secret_keys.subject("recovery-address", address_block(address)), settings.recoveries_per_address),
    ]


def recovery_day_counters(settings: Settings, secret_keys: SecretKeys, *, email: str) -> list[Counter]:
    """Return what a recovery counts for the day."""
    subject = secret_keys.subject("recovery-day", email)
    return [Counter(subject, settings.recoveries_per_account_and_day, window=DAY)]


def late_recovery_counters(secret_keys: SecretKeys, *, email: str) -> list[Counter]:
    """Return what a recovery counts beyond the day's: one an hour still goes, or strangers could keep the owner out."""
    return [Counter(secret_keys.subject("recovery-hour", email), 1, window=HOUR)]


def strength_counters(settings: Settings, secret_keys: SecretKeys, *, address: str) -> list[Counter]:
    """Return what estimating a password counts: anybody may ask, and each takes milliseconds of a core."""
    return [Counter(secret_keys.subject("strength", address_block(address)), settings.password_estimates_per_address)]


def factor_counters(
    settings: Settings, secret_keys: SecretKeys, *, user_id: UUID, known_device: bytes | None
) -> list[Counter]:
    """Return what showing a second factor counts: only who has the password gets here."""
    device = "" if known_device is None else known_device.hex()
    subject = secret_keys.subject("factor", str(user_id), device)
    return [Counter(subject, settings.factor_tries_per_account, own=True)]


def sms_counters(settings: Settings, secret_keys: SecretKeys, *, user_id: UUID) -> list[Counter]:
    """Return what a sent code counts: each costs money and rings a phone."""
    return [
        Counter(secret_keys.subject("sms", str(user_id)), settings.sms_per_account),
        Counter(secret_keys.subject("sms-day", str(user_id)), settings.sms_per_account_and_day, window=DAY),
        Counter(secret_keys.subject("sms-all-day"), settings.sms_per_day, window=DAY),
    ]


def sms_enrolment_counters(settings: Settings, secret_keys: SecretKeys, *, phone: str, address: str) -> list[Counter]:
    """Return what a code to a new phone counts over all accounts; not those of sign-ins, which others must not stop."""
    return [
        Counter(secret_keys.subject("sms-phone", phone), settings.sms_enrolments_per_phone),
        Counter(secret_keys.subject("sms-address", address_block(address)), settings.sms_enrolments_per_address),
        Counter(secret_keys.subject("sms-phone-day", phone), settings.sms_enrolments_per_phone_and_day, window=DAY),
        Counter(secret_keys.subject("sms-enrolments-day"), settings.sms_enrolments_per_day, window=DAY),
    ]


def api_key_counters(settings: Settings, secret_keys: SecretKeys, *, address: str) -> list[Counter]:
    """Return what the exchange of an API key counts."""
    return [Counter(secret_keys.subject("api-key", address_block(address)), settings.attempts_per_address)]


def email_change_counters(settings: Settings, secret_keys: SecretKeys, *, user_id: UUID) -> list[Counter]:
    """Return what asking for another address counts."""
    return [Counter(secret_keys.subject("email-change", str(user_id)), settings.email_changes_per_account)]


def email_change_letter_counters(settings: Settings, secret_keys: SecretKeys, *, email: str) -> list[Counter]:
    """Return what a letter to a new address counts, whoever asks: it goes to somebody who may not have asked."""
    return [
        Counter(secret_keys.subject("email-change-letter", email), settings.email_changes_per_email),
        Counter(
            secret_keys.subject("email-change-letter-day", email), settings.email_changes_per_email_and_day, window=DAY
        ),
    ]


async def count_failure(
    connection: AsyncConnection, counted: Sequence[Counter], *, window: timedelta, now: datetime
) -> int | None:
    """Count; return the seconds to wait if any limit is passed, else None. Does not raise: the count must commit."""
    waits = []
    for counter in counted:
        lasts = counter.window or window
        failures, began_at = await repository.count_failure(
            connection, counter.subject, window_begins_at=now - lasts, now=now
        )
        if failures > counter.limit:
            waits.append(max(1, ceil((began_at + lasts - now).total_seconds())))
    return max(waits, default=None)


async def forget_account(connection: AsyncConnection, secret_keys: SecretKeys, *, email: str) -> None:
    """The owner has shown the mailbox: what strange devices tried is over."""
    await repository.forget_failures(connection, secret_keys.subject("account", email))


async def take_back(connection: AsyncConnection, counted: Sequence[Counter]) -> None:
    """The sign-in was right after all."""
    for counter in counted:
        if counter.own:
            await repository.forget_failures(connection, counter.subject)
        else:
            await repository.take_failure_back(connection, counter.subject)
