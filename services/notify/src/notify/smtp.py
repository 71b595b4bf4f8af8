"""Hands letters, and texts for phones, to the mail server.

Tells faults that pass (Busy) from those that do not (LetterRefused).
"""

import asyncio
import re
from dataclasses import replace
from email.header import Header
from email.headerregistry import Address
from email.mime.text import MIMEText
from email.utils import format_datetime, parseaddr

import aiosmtplib

from common.errors import Busy, Rejected
from notify.domain import Delivery
from notify.errors import LetterRefused
from notify.settings import Settings, SmtpSecurity
from topics.auth import Channel

PERMANENT = 500
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Mailer:
    """Sends one letter a connection: letters are few, and a broken connection then harms one of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = parseaddr(settings.letters_from)[1]

    async def send(self, delivery: Delivery) -> None:
        """Return when the mail server has taken the letter.

        Raises LetterRefused if recipient or text are refused for good, Busy for everything else: the server is
        away, asks to come later, or does not accept us (ours to mend while the letter waits).
        """
        try:
            # In all: the library's own time-out begins anew with each command, and the claim runs out meanwhile.
            async with asyncio.timeout(self._settings.smtp_timeout_seconds):
                await self._send(delivery)
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refused.code >= PERMANENT for refused in error.recipients):
                raise LetterRefused(f"recipient refused with {error.recipients[0].code}") from error
            raise Busy("the mail server does not take the recipient for now") from error
        except aiosmtplib.SMTPDataError as error:
            if error.code >= PERMANENT:
                raise LetterRefused(f"text refused with {error.code}") from error
            raise Busy(f"the mail server answered {error.code} to the text") from error
        except (aiosmtplib.SMTPNotSupported, ValueError) as error:
            raise LetterRefused("the mail server cannot write to this address") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Busy(f"the mail server did not take the letter: {type(error).__name__}") from error

    async def _send(self, delivery: Delivery) -> None:
        settings = self._settings
        await aiosmtplib.send(
            message(delivery, sender=settings.letters_from),
            sender=self._sender,
            recipients=[delivery.to],
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            use_tls=settings.smtp_security is SmtpSecurity.TLS,
            start_tls={SmtpSecurity.STARTTLS: True, SmtpSecurity.TLS: False}.get(settings.smtp_security),
            timeout=settings.smtp_timeout_seconds,
        )


class SmtpSms:
    """Sends texts through a gateway that takes them by mail, addressed +79161234567@its-domain."""

    def __init__(self, mailer: Mailer, domain: str) -> None:
        self._mailer = mailer
        self._domain = domain

    async def send(self, delivery: Delivery) -> None:
        """Return when the gateway has taken the text. Raises as `Mailer.send`."""
        await self._mailer.send(replace(delivery, to=f"{delivery.to}@{self._domain}"))


class NullSms:
    """Stands where no gateway is set up: every text is refused, so that the fault is seen in the figures."""

    async def send(self, _delivery: Delivery) -> None:
        """Raise LetterRefused."""
        raise LetterRefused("no SMS gateway is set up")


def message(delivery: Delivery, *, sender: str) -> MIMEText:
    """Return the letter as it is sent. Every try has the same Message-ID, so that a receiver can drop a double."""
    # Not EmailMessage: folding a long Cyrillic subject it loses a space between two encoded words (Python 3.11).
    made = MIMEText(delivery.text, "plain", "utf-8")
    made["From"] = sender
    made["To"] = delivery.to
    made["Subject"] = Header(delivery.subject, "utf-8", header_name="Subject").encode()
    made["Date"] = format_datetime(delivery.received_at)
    made["Message-ID"] = f"<{delivery.letter_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    made["Content-Language"] = delivery.language
    made["Auto-Submitted"] = "auto-generated"
    return made


def check_address(address: str, *, channel: Channel = "email") -> None:
    """Raise Rejected with code `invalid_address` unless a letter, or a text, can carry the address."""
    if channel == "sms":
        if not PHONE.fullmatch(address):
            raise Rejected("the phone number is malformed", code="invalid_address")
        return
    try:
        Address(addr_spec=address)
    except (ValueError, IndexError) as error:
        # The text of the error would carry the address into a header and a log.
        raise Rejected("the letter's address is malformed", code="invalid_address") from error
