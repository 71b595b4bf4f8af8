"""The real auth behind the real Envoy, with the committed document."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.ports import free_ports
from tests.service.gateway.conftest import RunGateway, Upstream

from gateway.openapi import read

PORTAL = Path("docs/api/portal.json")
EMAIL, PASSWORD = "anna@example.org", "correct horse battery"


@pytest.fixture
def auth_url(database: str, tmp_path: Path) -> Iterator[str]:
    users = tmp_path / "users.json"
    user = {"id": str(uuid4()), "email": EMAIL, "full_name": "Анна Орлова", "password": PASSWORD}
    users.write_text(json.dumps({"users": [user]}))
    port = free_ports(1)[0]
    environment = {
        "AUTH_DATABASE_URL": database,
        "AUTH_KEY_ENCRYPTION_KEY": "a secret of tests that is long enough",
        "AUTH_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "AUTH_HTTP_PORT": str(port),
        "AUTH_COOKIE_SECURE": "false",
    }
    command = [sys.executable, "-m", "auth"]
    for arguments in (["migrate"], ["load", str(users)]):
        subprocess.run([*command, *arguments], env=environment, check=True, capture_output=True)
    process = subprocess.Popen([*command, "api"], env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _ready(url):
            assert process.poll() is None
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_person_comes_in_stays_in_and_leaves(run_gateway: RunGateway, upstream: Upstream, auth_url: str):
    headers = {"X-Requested-With": "halfhour", "Sec-Fetch-Site": "same-origin"}
    with (
        run_gateway(upstream.port, document=read(PORTAL), auth_url=auth_url) as gateway,
        gateway.client(**headers) as browser,
    ):
        answer = browser.post("/api/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        for _ in range(2):
            bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert browser.get("/api/v1/me", headers=bearer).json()["email"] == EMAIL
            contracts = browser.get("/api/v1/contracts", headers=bearer)
            assert contracts.json()["headers"]["authorization"] == bearer["Authorization"]
            answer = browser.post("/api/v1/sessions/refresh")
            assert answer.status_code == 200, answer.text
        assert browser.post("/api/v1/sessions/logout").status_code == 204
        answer = browser.post("/api/v1/sessions/refresh")
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
        answer = browser.get("/api/v1/me", headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
