"""Letters that another service asks for: auth alone knows the address."""

from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from tests.service.auth.account import letters
from tests.service.auth.conftest import ANNA, OLEG, Auth

from auth.handlers import address_letter
from common.errors import Rejected
from topics.notify import LetterRequest


def request(**changes: Any) -> LetterRequest:
    given: dict[str, Any] = {
        "letter_id": uuid4(),
        "user_id": ANNA,
        "kind": "contract_revoked",
        "fields": {"number": "1", "reason": "x"},
    }
    return LetterRequest(**given | changes)


async def test_a_letter_is_addressed_in_the_users_language_and_keeps_its_id(auth: Auth):
    asked = request(user_id=OLEG)
    for _ in range(2):
        await address_letter(auth.resources, asked)

    sent = await letters(auth, "contract_revoked")

    assert [(one["to"], one["language"], one["letter_id"]) for one in sent] == [
        ("oleg@example.org", "en", str(asked.letter_id))
    ] * 2, "a repeat keeps its id, by which notify knows it"
    assert sent[0]["fields"] == asked.fields


async def test_a_letter_to_nobody_is_refused_and_one_to_a_disabled_user_is_not_sent(auth: Auth):
    with pytest.raises(Rejected) as refused:
        await address_letter(auth.resources, request(user_id=uuid4()))
    assert refused.value.code == "unknown_user"

    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("update users set disabled = true where email = 'anna@example.org'")
    with capture_logs() as logs:
        await address_letter(auth.resources, request())

    assert await letters(auth, "contract_revoked") == []
    assert [line["event"] for line in logs] == ["letter.not_addressed"]
    assert "anna@" not in str(logs)
