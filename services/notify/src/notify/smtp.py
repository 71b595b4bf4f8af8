"""Hands letters, and texts for phones, to the mail server.

Tells faults that pass (Busy) from those that do not (LetterRefused).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.header import Header
from email.headerregistry import Address
from email.mime.text import MIMEText
from email.utils import format_datetime, parseaddr
from typing import Any

import aiosmtplib

from common.errors import Busy, Rejected
from notify.domain import Delivery
from notify.errors import AnswerLost, LetterRefused
from notify.settings import Settings, SmtpSecurity
from topics.auth import Channel

PERMANENT = 500
GO_ON, TAKEN = 354, 250
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


HandingOver = Callable[[], Awaitable[None]]


class _Connection(aiosmtplib.SMTP):
    """Tells before the letter itself goes out, and what is known of it: until then no copy exists, later one may."""

    def __init__(self, handing_over: HandingOver, **options: Any) -> None:
        super().__init__(**options)
        self._handing_over = handing_over
        self.handed_over = False
        self.taken = False

    async def data(self, message: str | bytes, /, **_options: Any) -> aiosmtplib.SMTPResponse:
        content = message.encode("ascii") if isinstance(message, str) else message
        asked = await self.execute_command(b"DATA")
        if asked.code != GO_ON or self.protocol is None:
            raise aiosmtplib.SMTPDataError(asked.code, asked.message)
        await self._handing_over()
        self.handed_over = True
        self.protocol.write(_framed(content))
        answer = await self.protocol.read_response(timeout=self.timeout)
        if answer.code != TAKEN:
            self.handed_over = False
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        self.taken = True
        return answer


class Mailer:
    """Sends one letter a connection: letters are few, and a broken connection then harms one of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = parseaddr(settings.letters_from)[1]

    async def send(self, delivery: Delivery, *, handing_over: HandingOver) -> None:
        """Return when the mail server has taken the letter. `handing_over` runs just before it gets the letter itself.

        Raises LetterRefused if recipient or text are refused for good, AnswerLost if the server has the whole letter
        and gave no answer, Busy for everything else: the server is away, asks to come later, or does not accept us
        (ours to mend while the letter waits).
        """
        connection = self._connection(handing_over)
        try:
            # In all: the library's own time-out begins anew with each command, and the claim runs out meanwhile.
            async with asyncio.timeout(self._settings.smtp_timeout_seconds):
                await connection.connect()
                await connection.send_message(
                    message(delivery, sender=self._settings.letters_from),
                    sender=self._sender,
                    recipients=[delivery.to],
                )
                await connection.quit()
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
            if connection.taken:  # what fails after that, as a farewell that nobody answers, does not undo it
                return
            if connection.handed_over:
                raise AnswerLost(f"the mail server did not answer to the letter: {type(error).__name__}") from error
            raise Busy(f"the mail server did not take the letter: {type(error).__name__}") from error
        finally:
            connection.close()

    def _connection(self, handing_over: HandingOver) -> _Connection:
        settings = self._settings
        return _Connection(
            handing_over,
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

    async def send(self, delivery: Delivery, *, handing_over: HandingOver) -> None:
        """Return when the gateway has taken the text. Raises as `Mailer.send`."""
        await self._mailer.send(replace(delivery, to=f"{delivery.to}@{self._domain}"), handing_over=handing_over)


class NullSms:
    """Stands where no gateway is set up: every text is refused, so that the fault is seen in the figures."""

    async def send(self, _delivery: Delivery, *, handing_over: HandingOver) -> None:  # noqa: ARG002 -- as the others
        """Raise LetterRefused."""
        raise LetterRefused("no SMS gateway is set up")


def _framed(content: bytes) -> bytes:
    """Return a letter as DATA carries it (RFC 5321, 4.5.2): lines end with CR LF, a leading dot is doubled."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content).removesuffix(b"\r\n")
    return re.sub(rb"(?m)^\.", b"..", lines) + b"\r\n.\r\n"


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
