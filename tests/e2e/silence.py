"""What a stack may not tell: personal data, passwords and tokens, in any of its logs and in any metric."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from tests.e2e import people
from tests.e2e.stack import Stack

from local_stack.paths import REPOSITORY

DEMO = REPOSITORY / "deploy" / "local" / "demo"
# As auth and contracts draw them for paper: nothing that is mistaken for something else.
ON_PAPER = "[a-hjkmnp-z2-9]"
PATTERNS = {
    "an e-mail": re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"),
    "a phone": re.compile(r"\+7\d{10}"),
    "an access token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}"),
    "a token of a link": re.compile(r"\btoken=\S"),
    "an API key": re.compile(r"\bhh_[\w-]{20,}"),
    # 256 bits: a cookie, a challenge, a letter's token. The name of a published signing key is as long, but no secret.
    "a token": re.compile(
        r'(?<!"key_id": ")(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[A-Za-z0-9_-]{43}(?![\w-])'
    ),
    "a password of a sheet": re.compile(rf"(?<![\w-]){ON_PAPER}{{4}}(?:-{ON_PAPER}{{4}}){{2}}(?![\w-])"),
    "a recovery code": re.compile(rf"(?<![\w-]){ON_PAPER}{{5}}-{ON_PAPER}{{5}}(?![\w-])"),
}
SHOWN = 60


def told_by_metrics(stack: Stack) -> dict[str, str]:
    """Return all metrics of the parts that are up, by the part's name."""
    urls: dict[str, str] = stack.ready["services"]
    return {
        f"metrics of {name}": httpx.get(f"{url}{_path(name)}", timeout=10).raise_for_status().text
        for name, url in urls.items()
        if name != "web"
    }


def told_by_logs(stack: Stack) -> dict[str, str]:
    """Return all logs, also those that were put aside, by their file's name."""
    folder = Path(stack.ready["files"]["logs"])
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*.log*")}


def hold_to_silence(stack: Stack, told: dict[str, str], *further: str) -> None:
    """Raise if a text holds what looks personal, what the people of the tests are called by, or one of `further`."""
    assert told
    words = [form for word in {*_words(stack), *further} for form in (word, json.dumps(word)[1:-1], quote(word))]
    assert all(words)
    found = []
    for name, text in told.items():
        found += [f"{name}: a word of somebody: {_around(text, text.index(word))}" for word in words if word in text]
        found += [
            f"{name}: {what}: {_around(text, match.start())}"
            for what, pattern in PATTERNS.items()
            if (match := pattern.search(text))
        ]
    assert not found, "personal data or secrets were told:\n" + "\n".join(found)


def _words(stack: Stack) -> Iterator[str]:
    yield from people.WORDS
    for person in _read("auth.json")["users"]:
        yield from (person["email"], person["full_name"], person["phone"], person["password"])
    for link in _read("story.json")["links"]:
        yield link["password"]
    for credential in stack.ready["suppliers"].values():
        yield credential["KAFKA_PASSWORD"]


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DEMO / name).read_text(encoding="utf-8"))
    return document


def _path(name: str) -> str:
    return "/stats/prometheus" if name == "gateway_admin" else "/metrics"


def _around(text: str, at: int) -> str:
    return repr(text[max(0, at - SHOWN) : at + SHOWN])
