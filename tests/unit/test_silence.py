"""What the search of logs takes for a secret: a made-up line of each kind, and lines that tell none."""

import pytest
from tests.e2e.silence import PATTERNS

TOKEN = "Qm9_dGhl-cmUgaXMg0bm8gc2VjcmV0IGluIHRoaXM4X"
TOLD = [
    ("an e-mail", '{"to": "anna@halfhour.example"}'),
    ("a phone", "rejected +79161234567"),
    ("an access token", "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
    ("a token of a link", "GET /confirm-registration?token=abc"),
    ("an API key", f"key=hh_{TOKEN}"),
    ("an API key", "hh_cut-off_after-some-letters…"),
    ("a token", f"Cookie: halfhour_refresh={TOKEN}; Path=/"),
    ("a token", f'{{"challenge": "{TOKEN}"}}'),
    ("a password of a sheet", '{"login": "76-1", "password": "k7mp-x2qa-9rtd"}'),
    ("a recovery code", "refused code 7kmpx-2qa9r"),
]
QUIET = [
    f'{{"key_id": "{TOKEN}", "event": "signing_key.added"}}',
    f"digest {TOKEN}{TOKEN}",
    "halfhour_interval_blocks_waiting_for_a_day_1 4",
    '{"user_id": "5b2c7d3e-4f5a-4b6c-8d7e-9f2a3b4c5d6e", "at": "2026-11-24T11:05:08.053351Z"}',
    "1@127.0.0.1:9093 contract.linked in meter-poller of local-stack",
]


@pytest.mark.parametrize(("what", "line"), TOLD)
def test_a_secret_of_each_kind_is_heard(what: str, line: str):
    assert what in {name for name, pattern in PATTERNS.items() if pattern.search(line)}


def test_every_pattern_has_its_line():
    assert {what for what, _ in TOLD} == set(PATTERNS)


@pytest.mark.parametrize("line", QUIET)
def test_what_is_no_secret_is_let_pass(line: str):
    assert not [name for name, pattern in PATTERNS.items() if pattern.search(line)]
