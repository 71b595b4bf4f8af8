"""Texts for phones: to a gateway that takes them by mail, or refused where none is set up."""

from dataclasses import replace

import pytest
from tests.service.notify.conftest import Board, MailServer
from tests.service.notify.test_letters import letter, states

from common.errors import Rejected
from notify.handlers import take_letter
from notify.smtp import SmtpSms
from notify.worker import deliver_due

TEXT = {"kind": "second_factor_code", "to": "+79161234567", "channel": "sms", "fields": {"code": "123456"}}


@pytest.fixture
def with_gateway(board: Board) -> Board:
    sms = SmtpSms(board.resources.mailer, "sms.example")
    return replace(board, resources=replace(board.resources, sms=sms))


async def test_a_text_goes_to_the_gateway_by_its_phone(with_gateway: Board, mail_server: MailServer):
    await take_letter(with_gateway.resources, letter(**TEXT))
    await deliver_due(with_gateway.resources)

    [arrived] = mail_server.letters
    assert mail_server.recipients == ["+79161234567@sms.example"]
    assert arrived.get_content().startswith("123456 — код")
    assert await states(with_gateway) == [("sent", 1)]


async def test_a_letter_still_goes_by_mail(with_gateway: Board, mail_server: MailServer):
    await take_letter(with_gateway.resources, letter())
    await deliver_due(with_gateway.resources)

    assert mail_server.recipients == ["anna@halfhour.example"]


async def test_without_a_gateway_a_text_is_refused_for_good(board: Board, mail_server: MailServer):
    await take_letter(board.resources, letter(**TEXT))
    await deliver_due(board.resources)

    assert mail_server.letters == []
    assert await states(board) == [("refused", 1)]


@pytest.mark.parametrize("to", ["79161234567", "+7 916", "+", "anna@halfhour.example", "+79161234567@sms.example"])
async def test_a_text_to_what_is_no_phone_is_rejected(board: Board, to: str):
    with pytest.raises(Rejected) as caught:
        await take_letter(board.resources, letter(**TEXT | {"to": to}))

    assert caught.value.code == "invalid_address"
