"""The stack's own command line on PostgreSQL, Kafka and the inbox; every service is left out."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.ports import isolated_settings

from local_stack.settings import EXCLUDABLE, inherited_environment

READY_WITHIN_SECONDS = 90


class Stack:
    """Commands on one folder, and the processes of `up` that they started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder.with_name("output.txt")
        self._started: list[subprocess.Popen[bytes]] = []

    def environment(self) -> dict[str, str]:
        """Return an environment with fresh ports."""
        ports = {f"LOCAL_{name.upper()}_PORT": str(port) for name, port in isolated_settings(self.folder).ports.items()}
        ours = {"LOCAL_DIR": str(self.folder), "LOCAL_EXCLUDE": ",".join(EXCLUDABLE), "LOCAL_FSYNC": "false"}
        return inherited_environment() | ports | ours

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = (sys.executable, "-m", "local_stack", *arguments)
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=60, check=False)

    def up(self) -> "subprocess.Popen[bytes]":
        """Start and wait until it is ready."""
        ready = self.folder / "ready.json"
        command = (sys.executable, "-m", "local_stack", "up")
        with self.output.open("wb") as output:
            process = subprocess.Popen(command, env=self.environment(), stdout=output, stderr=output)
        self._started.append(process)
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not ready.exists():
            assert process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return process

    def told(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "ready.json").read_text(encoding="utf-8"))
        return document

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path / "stack")
    yield made
    made.end()


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Leave out those that have ended, also such as the system has not reaped."""
    _, alive = psutil.wait_procs(processes, timeout=0)
    return [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def _until(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_person_is_told_what_there_is_and_every_command_answers(stack: Stack):
    process = stack.up()
    children = psutil.Process(process.pid).children(recursive=True)

    assert stack.told()["suppliers"]["demo"]["KAFKA_USERNAME"] == "supplier-demo"
    assert stat.S_IMODE((stack.folder / "ready.json").stat().st_mode) == 0o600
    status = stack.run("status")
    assert (status.returncode, "kafka          up" in status.stdout) == (0, True)
    assert "METERING_DATABASE_URL=postgresql+asyncpg://metering:" in stack.run("env", "metering").stdout
    unknown = stack.run("env", "billing")
    assert (unknown.returncode, "there are: auth, contracts" in unknown.stderr) == (2, True)
    second = stack.run("up")
    assert (second.returncode, f"(process {process.pid})" in second.stdout) == (2, True)
    assert stack.run("clean").returncode == 2

    began = time.monotonic()
    process.send_signal(signal.SIGINT)

    assert process.wait(15) == 0
    assert time.monotonic() - began < 10
    assert "billing demo" in stack.output.read_text()
    assert not _alive(children)
    assert not (stack.folder / "ready.json").exists()
    assert stack.run("status").returncode == 1
    assert stack.run("clean").returncode == 0
    assert not stack.folder.exists()


def test_after_kill_9_a_start_on_other_ports_finds_its_data(stack: Stack):
    process = stack.up()
    password = stack.told()["suppliers"]["demo"]["KAFKA_PASSWORD"]
    (stack.folder / "ready.json").unlink()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    again = stack.up()

    assert stack.told()["suppliers"]["demo"]["KAFKA_PASSWORD"] == password
    again.send_signal(signal.SIGINT)
    assert again.wait(15) == 0


def test_the_second_signal_kills_at_once(stack: Stack):
    process = stack.up()
    children = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(signal.SIGSTOP)  # so that both are there before the first is acted on
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)

    assert process.wait(5) == 130
    _until(lambda: not _alive(children))


def test_a_wrong_setting_is_named_and_the_folder_of_another_is_not_removed(stack: Stack):
    wrong = subprocess.run(
        (sys.executable, "-m", "local_stack", "up"),
        env=stack.environment() | {"LOCAL_KAFKA_PORT": "many", "LOCAL_EXCLUDE": "invoices"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert wrong.returncode == 2
    assert "LOCAL_KAFKA_PORT: " in wrong.stderr
    assert "LOCAL_EXCLUDE: " in wrong.stderr

    stack.folder.mkdir()
    (stack.folder / "letter").touch()
    assert stack.run("clean").returncode == 2
    assert (stack.folder / "letter").exists()
