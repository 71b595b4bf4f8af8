"""Letters: taken in once, tried until the mail server takes them, never kept longer than needed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog.testing
from prometheus_client import REGISTRY
from tests.service.notify.conftest import LOST, Board, MailServer

from common.errors import Rejected
from notify.handlers import take_letter
from notify.smtp import Mailer
from notify.worker import deliver, deliver_due
from topics.auth import Letter


def letter(**changes: Any) -> Letter:
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "letter_id": uuid4(),
        "user_id": uuid4(),
        "kind": "new_device",
        "to": "anna@halfhour.example",
        "language": "ru",
        "fields": {"device": "Firefox, Linux", "at": now.isoformat()},
        "expires_at": now + timedelta(hours=1),
    }
    return Letter(**given | changes)


async def states(board: Board) -> list[tuple[str, int]]:
    rows = await board.rows("select state, attempts from deliveries order by received_at")
    return [(row["state"], row["attempts"]) for row in rows]


async def make_due(board: Board) -> None:
    await board.rows("update deliveries set next_attempt_at = now() - interval '1 second' where state = 'pending'")


def ended(outcome: str) -> float:
    labels = {"kind": "new_device", "outcome": outcome}
    return REGISTRY.get_sample_value("halfhour_letters_total", labels) or 0.0


async def test_a_letter_arrives_with_its_text_and_a_lasting_id(board: Board, mail_server: MailServer):
    sent = letter()

    await take_letter(board.resources, sent)
    await deliver_due(board.resources)

    [arrived] = mail_server.letters
    assert mail_server.recipients == ["anna@halfhour.example"]
    assert arrived["Subject"] == "Вход в личный кабинет с нового устройства"
    assert arrived["Message-ID"] == f"<{sent.letter_id}@halfhour.example>"
    assert "Firefox, Linux" in arrived.get_content()
    assert "https://portal.example" in arrived.get_content()
    assert await states(board) == [("sent", 1)]


async def test_a_letter_that_comes_late_says_until_when_its_link_works(board: Board, mail_server: MailServer):
    ends_at = datetime(2096, 11, 25, 8, 40, tzinfo=UTC)
    await take_letter(board.resources, letter(kind="recover", fields={"token": "t" * 43}, expires_at=ends_at))
    await deliver_due(board.resources)

    assert "до 25.11.2096 11:40 MSK" in mail_server.letters[0].get_content()


async def test_a_letter_speaks_the_users_language(board: Board, mail_server: MailServer):
    await take_letter(board.resources, letter(language="en"))
    await deliver_due(board.resources)

    assert mail_server.letters[0]["Subject"] == "Sign-in to your account from a new device"
    assert mail_server.letters[0]["Content-Language"] == "en"


async def test_a_repeated_message_sends_no_second_letter(board: Board, mail_server: MailServer):
    """INVARIANT: a letter that was sent is not sent again, however often its message comes."""
    sent = letter()
    for _ in range(2):
        await take_letter(board.resources, sent)
        await take_letter(board.resources, sent)
        await deliver_due(board.resources)

    assert len(mail_server.letters) == 1
    assert await states(board) == [("sent", 1)]


async def test_parallel_deliverers_send_each_letter_once(board: Board, mail_server: MailServer):
    sent = [letter() for _ in range(15)]
    for one in sent:
        await take_letter(board.resources, one)

    await asyncio.gather(*(deliver_due(board.resources) for _ in range(4)))

    ids = [arrived["Message-ID"] for arrived in mail_server.letters]
    assert sorted(ids) == sorted(f"<{one.letter_id}@halfhour.example>" for one in sent)


async def test_a_letter_waits_while_the_mail_server_is_away(board: Board, mail_server: MailServer):
    """INVARIANT: a letter is never lost to a mail server that is away."""
    await mail_server.stop()
    await take_letter(board.resources, letter())
    await deliver_due(board.resources)
    assert await states(board) == [("pending", 1)]
    assert await deliver_due(board.resources) == 0

    await mail_server.start()
    await make_due(board)
    await deliver_due(board.resources)

    assert len(mail_server.letters) == 1
    assert await states(board) == [("sent", 2)]


async def test_a_mail_server_that_drags_on_holds_a_letter_no_longer_than_the_time_out(board: Board):
    """INVARIANT: a try ends before its claim does, so nobody else sends the same letter meanwhile."""

    hung_up = asyncio.Event()

    async def drag(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"220-still greeting\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        hung_up.set()

    server = await asyncio.start_server(drag, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = board.resources.settings.model_copy(update={"smtp_port": port, "smtp_timeout_seconds": 0.3})
    await take_letter(board.resources, letter())
    async with server, asyncio.timeout(3):
        await deliver_due(replace(board.resources, mailer=Mailer(settings)))
        await hung_up.wait()

    assert await states(board) == [("pending", 1)]


@pytest.mark.parametrize("where", ["answers", "rcpt_answers"])
async def test_a_letter_is_tried_again_when_the_server_asks_for_patience(
    board: Board, mail_server: MailServer, where: str
):
    getattr(mail_server, where).extend(["451 later", "451 later"])
    await take_letter(board.resources, letter())
    for _ in range(3):
        await make_due(board)
        await deliver_due(board.resources)

    assert len(mail_server.letters) == 1
    assert await states(board) == [("sent", 3)]


@pytest.mark.parametrize("where", ["answers", "rcpt_answers"])
async def test_a_letter_that_is_refused_for_good_is_not_tried_again(board: Board, mail_server: MailServer, where: str):
    before = ended("refused")
    getattr(mail_server, where).append("550 no such user")
    await take_letter(board.resources, letter())
    await deliver_due(board.resources)
    await make_due(board)

    assert await deliver_due(board.resources) == 0
    assert await states(board) == [("refused", 1)]
    assert ended("refused") == before + 1


async def test_a_letter_whose_answer_is_lost_goes_out_twice_at_most(board: Board, mail_server: MailServer):
    """INVARIANT: at most two copies of a letter, whatever becomes of the mail server's answers."""
    before = ended("unanswered")
    mail_server.answers.extend([LOST] * 5)
    await take_letter(board.resources, letter())
    for _ in range(4):
        await make_due(board)
        await deliver_due(board.resources)

    assert len(mail_server.letters) == 2
    assert len({arrived["Message-ID"] for arrived in mail_server.letters}) == 1
    assert await states(board) == [("unanswered", 3)]
    assert ended("unanswered") == before + 1


async def test_only_copies_that_may_have_gone_out_count(board: Board, mail_server: MailServer):
    """INVARIANT: a letter that no mail server has is tried until its time is over."""
    mail_server.answers.extend(["451 later", LOST, "451 later", "451 later", "451 later"])
    await take_letter(board.resources, letter())
    for _ in range(6):
        await make_due(board)
        await deliver_due(board.resources)

    assert len(mail_server.letters) == 2
    assert await states(board) == [("sent", 6)]


async def deliver_one_to(board: Board, serve: Callable[..., Awaitable[None]]) -> None:
    """Have one letter delivered to a mail server that answers as `serve` does, waiting half a second for each."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = board.resources.settings.model_copy(update={"smtp_port": port, "smtp_timeout_seconds": 0.5})
    await take_letter(board.resources, letter())
    async with server:
        await deliver_due(replace(board.resources, mailer=Mailer(settings)))


@pytest.mark.parametrize(("says", "copies"), [("", 0), ("354 go on", 1)])
async def test_a_server_that_falls_silent_has_a_copy_only_after_it_asked_for_it(board: Board, says: str, copies: int):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while (line := await reader.readline()) and not line.startswith(b"DATA"):
            writer.write(b"250 go on\r\n")
        writer.write(f"{says}\r\n".encode() if says else b"")
        await reader.read()
        writer.close()

    await deliver_one_to(board, silent)

    assert await states(board) == [("pending", 1)]
    assert await board.rows("select copies from deliveries") == [{"copies": copies}]


async def test_a_farewell_that_nobody_answers_does_not_undo_a_letter(board: Board):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while (line := await reader.readline()) and not line.startswith(b"QUIT"):
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 taken\r\n")
        await reader.read()
        writer.close()

    await deliver_one_to(board, silent)

    assert await states(board) == [("sent", 1)]


async def test_one_bad_letter_does_not_hold_up_the_others(board: Board, mail_server: MailServer):
    mail_server.rcpt_answers.append("451 later")
    for _ in range(2):
        await take_letter(board.resources, letter())

    await deliver_due(board.resources)

    assert sorted(await states(board)) == [("pending", 1), ("sent", 1)]


async def test_a_letter_killed_between_sending_and_marking_is_sent_again_with_the_same_id(
    board: Board, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: at least once; the double carries the same Message-ID."""

    async def killed(*_arguments: object, **_named: object) -> None:
        raise ConnectionError

    await take_letter(board.resources, letter())
    with monkeypatch.context() as patched:
        patched.setattr("notify.repository.end_delivery", killed)
        with pytest.raises(ConnectionError):
            await deliver_due(board.resources)
    assert await deliver_due(board.resources) == 0
    await make_due(board)
    await deliver_due(board.resources)

    assert len(mail_server.letters) == 2
    assert len({arrived["Message-ID"] for arrived in mail_server.letters}) == 1
    assert await states(board) == [("sent", 2)]


async def test_an_expired_letter_is_dropped_and_counted(board: Board, mail_server: MailServer):
    before = ended("expired")
    await take_letter(board.resources, letter(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    await take_letter(board.resources, letter())
    await board.rows("update deliveries set expires_at = now() - interval '1 second'")

    await deliver_due(board.resources)

    assert mail_server.letters == []
    assert await states(board) == [("expired", 1)]
    assert ended("expired") == before + 2


async def test_nothing_personal_is_kept_after_the_end(board: Board):
    """INVARIANT: address and text of a letter are forgotten when its delivery is over."""
    await take_letter(board.resources, letter())
    await deliver_due(board.resources)

    [row] = await board.rows("select recipient, subject, text from deliveries")
    assert row == {"recipient": None, "subject": None, "text": None}


async def test_no_log_line_carries_an_address_or_a_text(board: Board, mail_server: MailServer):
    mail_server.rcpt_answers.append("550 anna@halfhour.example is unknown")
    mail_server.rcpt_answers.append("451 anna@halfhour.example is busy")
    with structlog.testing.capture_logs() as written:
        for _ in range(3):
            await take_letter(board.resources, letter())
            await deliver_due(board.resources)
        await mail_server.stop()
        await take_letter(board.resources, letter())
        await deliver_due(board.resources)

    assert {record["event"] for record in written} == {"letter.refused", "letter.postponed", "delivery.ended"}
    assert "anna" not in repr(written)
    assert "Firefox" not in repr(written)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "no_such_kind"}, "unknown_kind"),
        ({"fields": {}}, "unfit_fields"),
        ({"to": "nobody"}, "invalid_address"),
        ({"to": "a@b.example\r\nBcc: c@d.example"}, "invalid_address"),
    ],
)
async def test_a_letter_that_cannot_be_made_is_refused(board: Board, change: dict[str, Any], code: str):
    with pytest.raises(Rejected) as caught:
        await take_letter(board.resources, letter(**change))

    assert caught.value.code == code
    assert await states(board) == []


async def test_the_worker_sends_what_arrives_at_once(board: Board, mail_server: MailServer):
    task = asyncio.create_task(deliver(board.resources))
    for count in (1, 2):
        await take_letter(board.resources, letter())
        async with asyncio.timeout(5):
            while len(mail_server.letters) < count:
                await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
