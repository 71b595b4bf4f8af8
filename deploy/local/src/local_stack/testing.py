"""A whole stack for a test: started by its command line as a person would, on ports and in a folder of its own.

Reads what the stack tells in its ready file; knows nothing more of it than a person could.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from .settings import inherited_environment

READY_WITHIN_SECONDS: Final = 300.0
STOP_WITHIN_SECONDS: Final = 15.0
_ASK_EVERY_SECONDS: Final = 0.2


class NotReady(Exception):
    """The stack ended or was not ready in time; the message holds what it printed."""


class RunningStack:
    """A stack that is ready. `ready` is the document of its ready file."""

    def __init__(self, process: "subprocess.Popen[bytes]", ready: dict[str, Any], output: Path) -> None:
        self._process = process
        self._output = output
        self.ready = ready

    @property
    def output(self) -> str:
        """What the stack printed up to now."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def service(self, name: str) -> dict[str, Any]:
        """Return a process's row of the status file: up, pid, restarts."""
        rows: dict[str, dict[str, Any]] = json.loads(Path(self.ready["files"]["status"]).read_text(encoding="utf-8"))
        return rows[name]

    def kill(self, name: str) -> None:
        """Kill one process of the stack with SIGKILL; the stack starts it again."""
        os.kill(self.service(name)["pid"], signal.SIGKILL)

    def wait_until_up_again(self, name: str, *, restarts: int, within_seconds: float = 60.0) -> None:
        """Wait until the process is up after at least so many restarts. Raises NotReady after the time."""
        deadline = time.monotonic() + within_seconds
        while True:
            row = self.service(name)
            if row["up"] and row["restarts"] >= restarts:
                return
            if time.monotonic() > deadline:
                raise NotReady(f"{name} is not up again:\n{self.output}")
            time.sleep(_ASK_EVERY_SECONDS)

    def stop(self) -> int:
        """Stop as Ctrl-C does and return the exit code. Raises TimeoutExpired if it takes longer than promised."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(STOP_WITHIN_SECONDS)


@contextmanager
def running_stack(
    folder: Path, variables: Mapping[str, str], *, ready_within_seconds: float = READY_WITHIN_SECONDS
) -> Iterator[RunningStack]:
    """Run a stack in `folder` with these LOCAL_ variables until the context ends; data stay in the folder.

    Raises NotReady with what it printed.
    """
    ready_file, output = folder / "test-ready.json", folder / "test-output.txt"
    folder.mkdir(parents=True, exist_ok=True)
    ready_file.unlink(missing_ok=True)
    environment = inherited_environment() | {"LOCAL_DIR": str(folder), "LOCAL_FSYNC": "false"} | dict(variables)
    command = (sys.executable, "-m", "local_stack", "up", "--ready-file", str(ready_file))
    with (
        output.open("wb") as printed,
        subprocess.Popen(
            command, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield RunningStack(process, _wait(process, ready_file, output, ready_within_seconds), output)
        finally:
            _end(process)


def _wait(process: "subprocess.Popen[bytes]", ready_file: Path, output: Path, within_seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + within_seconds
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotReady(output.read_text(encoding="utf-8", errors="replace"))
        time.sleep(_ASK_EVERY_SECONDS)
    document: dict[str, Any] = json.loads(ready_file.read_text(encoding="utf-8"))
    return document


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
