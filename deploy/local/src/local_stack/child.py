"""One operating-system process of the stack: started so that it cannot outlive the supervisor, its lines collected.

Knows nothing of needs or readiness: that is the supervisor's.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from .console import Console, LogFile
from .settings import inherited_environment

_PR_SET_PDEATHSIG: Final = 1
_LINE_MAX_BYTES: Final = 64 * 1024


def die_with_parent() -> Callable[[], None] | None:
    """Return what a forked child calls before exec: the kernel kills it when the supervisor dies, however it dies."""
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except AttributeError:
        return None  # not Linux: an orderly stop still ends every child
    parent = os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def run_tool(command: Sequence[str], *, within_seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run a short program to its end, with its output kept; as a child it neither outlives the supervisor nor hears
    the terminal's Ctrl-C. Raises TimeoutExpired.
    """
    return subprocess.run(
        command,
        env=inherited_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within_seconds,
        check=False,
        start_new_session=True,
        preexec_fn=die_with_parent(),
    )


class Child:
    """A running process in a session of its own, so that Ctrl-C in the terminal reaches only the supervisor."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, console: Console, log: LogFile) -> None:
        self.name = name
        self._process = process
        self._console = console
        self._log = log
        self._lines = asyncio.create_task(self._collect(), name=f"lines of {name}")

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], environment: Mapping[str, str], *, console: Console, log: LogFile
    ) -> "Child":
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        return cls(name, process, console, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the end and for the last lines; return the exit code (negative: the signal)."""
        code = await self._process.wait()
        # A grandchild may hold the pipe open: do not wait for it.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._lines), 0.5)
        return code

    def signal(self, number: int) -> None:
        # Not asyncio's send_signal: that reaps the child, and the exit code is then lost to its watcher.
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process and all that it started. Its session has its number, also after its own end."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _collect(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        held = b""
        while block := await stream.read(_LINE_MAX_BYTES):
            *lines, held = (held + block).split(b"\n")
            if len(held) > _LINE_MAX_BYTES:
                lines, held = [*lines, held], b""
            for line in lines:
                self._take(line)
        if held:
            self._take(held)

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        self._log.write(text)
        self._console.process_line(self.name, text)
