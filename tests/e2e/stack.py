"""A whole stack of a test's own: every process, free ports, its own folder, its own time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from tests.authenticator import Authenticator
from tests.ports import isolated_settings

START_WITHIN_SECONDS = 240
STOP_WITHIN_SECONDS = 20
OUR_PAGES = {"X-Requested-With": "halfhour"}


@dataclass(frozen=True)
class Stack:
    """A running stack and the ways into it."""

    ready: dict[str, Any]
    process: "subprocess.Popen[bytes]"
    passkeys: dict[str, Authenticator] = field(default_factory=dict)

    @property
    def portal(self) -> str:
        return str(self.ready["portal"])

    def pid(self, name: str) -> int:
        """Return the process id of a part that is up."""
        status = json.loads(Path(self.ready["files"]["status"]).read_text(encoding="utf-8"))
        return int(status[name]["pid"])

    def kill(self, *names: str) -> None:
        """Kill parts at once (SIGKILL) and wait until the supervisor has put others in their place."""
        killed = {name: self.pid(name) for name in names}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_WITHIN_SECONDS
        for name, pid in killed.items():
            while not self._replaced(name, pid):
                assert time.monotonic() < deadline, f"{name} was not started again"
                time.sleep(0.1)

    def _replaced(self, name: str, killed: int) -> bool:
        status = json.loads(Path(self.ready["files"]["status"]).read_text(encoding="utf-8"))[name]
        return bool(status["up"] and status["pid"] and int(status["pid"]) != killed)

    @contextmanager
    def sign_in(self, role: str = "consumer") -> Iterator[httpx.Client]:
        """Give a client with the session of the demo person of that role. Staff have a passkey from then on."""
        person = next(person for person in self.ready["people"] if person["role"] == role)
        with httpx.Client(base_url=self.portal, timeout=30) as client:
            answer = _post(client, "/sessions", email=person["email"], password=person["password"])
            if answer.status_code == httpx.codes.ACCEPTED:
                proof = self.passkeys[person["email"]].sign(answer.json()["passkey_options"])
                challenge = answer.json()["challenge_id"]
                answer = _post(
                    client, "/sessions/second-factor", challenge_id=challenge, kind="passkey", credential=proof
                )
            _bear(client, answer)
            if not answer.json()["user"]["roles"]:
                self.passkeys[person["email"]] = _add_passkey(client, self.portal)
                _bear(client, _post(client, "/sessions/refresh"))
            yield client


def _post(client: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/v1{path}", json=body, headers=OUR_PAGES).raise_for_status()


def _bear(client: httpx.Client, session: httpx.Response) -> None:
    client.headers["Authorization"] = f"Bearer {session.json()['access_token']}"


def _add_passkey(client: httpx.Client, origin: str) -> Authenticator:
    passkey = Authenticator(origin)
    begun = _post(client, "/me/factors", kind="passkey", name="test").json()
    made = passkey.make(begun["passkey"]["options"])
    _post(client, "/me/factors/confirm", enrolment_id=begun["enrolment_id"], credential=made)
    return passkey


def environment(folder: Path, **changes: Any) -> dict[str, str]:
    """Return the environment of a stack in `folder` on free ports."""
    settings = isolated_settings(folder, **changes)
    named = {name for name in type(settings).model_fields if name.endswith("_port")} | set(changes)
    ours = {f"LOCAL_{name.upper()}": _text(getattr(settings, name)) for name in named}
    callers = os.environ.items()  # noqa: TID251 -- passed on whole, nothing of it is read
    inherited = {name: value for name, value in callers if not name.startswith(("LOCAL_", "CLOCK_"))}
    return inherited | ours | {"LOCAL_DIR": str(folder), "LOCAL_FSYNC": "false", "NO_COLOR": "1"}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def running_stack(folder: Path, **changes: Any) -> Iterator[Stack]:
    """Start a stack and stop it at the end; what it printed is in `folder`/stack.log."""
    folder.mkdir(parents=True, exist_ok=True)
    ready_file, log = folder / "told.json", folder / "stack.log"
    ready_file.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_stack", "up", "--verbose", "--ready-file", str(ready_file)],
            env=environment(folder, **changes),
            stdout=output,
            stderr=output,
        )
        try:
            yield Stack(_wait(process, ready_file, log), process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _wait(process: "subprocess.Popen[bytes]", ready_file: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while not ready_file.exists():
        assert process.poll() is None, log.read_text(errors="replace")[-5000:]
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-5000:]
        time.sleep(0.1)
    document: dict[str, Any] = json.loads(ready_file.read_text(encoding="utf-8"))
    return document
