"""The local inbox: takes every letter by SMTP, shows it on a page, and hands it to tests as JSON.

Keeps the last letters in memory only, never sends one on, and must not be reachable from another machine.
"""

import asyncio
import email
import html
import itertools
import math
import re
import sys
from collections import deque
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.policy import default as modern
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LETTERS_MAX: Final = 500
LETTER_MAX_BYTES: Final = 1_000_000
WAIT_MAX_SECONDS: Final = 60.0
_LINK: Final = re.compile(r"https?://[^\s<>\"']+")

_PAGE: Final = """<!doctype html><html lang="ru"><meta charset="utf-8"><title>Письма</title>
<meta http-equiv="refresh" content="5"><style>body{{font:16px system-ui;margin:2rem auto;max-width:50rem}}
article{{border-top:1px solid #ccc;padding:1rem 0}}pre{{white-space:pre-wrap;font:inherit}}</style>
<h1>Письма</h1>{letters}</html>"""


class InboxSettings(BaseSettings):
    """Where the inbox listens."""

    model_config = SettingsConfigDict(env_prefix="INBOX_", frozen=True)

    http_port: int = 8108
    smtp_port: int = 8125


class Inbox:
    """The last letters, and whoever waits for the next one."""

    def __init__(self) -> None:
        self._letters: deque[dict[str, Any]] = deque(maxlen=LETTERS_MAX)
        self._numbers = itertools.count(1)
        self._arrived = asyncio.Condition()

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's
        raw = envelope.original_content or b""
        letter = email.message_from_bytes(raw, policy=modern)
        body = letter.get_body(("plain", "html"))
        text = body.get_content() if body else ""
        async with self._arrived:
            self._letters.append(
                {
                    "id": next(self._numbers),
                    "received_at": datetime.now(UTC).isoformat(),
                    "from": envelope.mail_from,
                    "to": list(envelope.rcpt_tos),
                    "subject": str(letter["subject"] or ""),
                    "text": text,
                    "links": _LINK.findall(text),
                }
            )
            self._arrived.notify_all()
        return "250 taken"

    def found(self, recipient: str | None, after: int) -> list[dict[str, Any]]:
        """Return letters to `recipient` (any, if None) with an id above `after`, oldest first."""
        return [x for x in self._letters if x["id"] > after and (recipient is None or recipient in x["to"])]

    async def wait_for(self, recipient: str | None, after: int, seconds: float) -> list[dict[str, Any]]:
        """Return what `found` does, waiting up to `seconds` for the first such letter."""
        try:
            async with asyncio.timeout(seconds), self._arrived:
                await self._arrived.wait_for(lambda: bool(self.found(recipient, after)))
        except TimeoutError:
            return []
        return self.found(recipient, after)


def create_app(inbox: Inbox, *, smtp_port: int) -> Starlette:
    """Build the page and the JSON list; SMTP listens as long as the app lives."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> "AsyncIterator[None]":
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(inbox, data_size_limit=LETTER_MAX_BYTES, enable_SMTPUTF8=True, hostname="localhost"),
            "127.0.0.1",
            smtp_port,
        )
        yield
        server.close()

    async def messages(request: Request) -> JSONResponse:
        query = request.query_params
        try:
            after, seconds = int(query.get("after", "0")), float(query.get("wait", "0"))
        except ValueError:
            after, seconds = 0, math.nan
        if not 0 <= seconds <= WAIT_MAX_SECONDS:
            return JSONResponse({"detail": f"after is a number; wait, 0 to {WAIT_MAX_SECONDS:.0f}"}, status_code=422)
        items = await inbox.wait_for(query.get("to"), after, max(seconds, 0.001))
        return JSONResponse({"items": items})

    async def page(_request: Request) -> HTMLResponse:
        shown = "".join(_article(letter) for letter in reversed(inbox.found(None, 0)))
        return HTMLResponse(_PAGE.format(letters=shown or "<p>Писем пока нет.</p>"))

    return Starlette(routes=[Route("/", page), Route("/api/messages", messages)], lifespan=lifespan)


def _article(letter: dict[str, Any]) -> str:
    text = html.escape(letter["text"])
    linked = _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text)
    to, subject = html.escape(", ".join(letter["to"])), html.escape(letter["subject"])
    return f"<article><h2>{subject}</h2><p>{to}, {letter['received_at']}</p><pre>{linked}</pre></article>"


def main() -> int:
    settings = InboxSettings()
    app = create_app(Inbox(), smtp_port=settings.smtp_port)
    uvicorn.run(app, host="127.0.0.1", port=settings.http_port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
