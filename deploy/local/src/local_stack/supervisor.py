"""Starts, watches, restarts and stops the processes of the stack, which are given as data.

A part begins as soon as all that it needs is ready; a process that ends by itself is started again after a pause;
at the stop a part ends after all that need it. Knows nothing of what the processes are.
"""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .child import Child
from .console import Console, LogFile, readable
from .paths import write_private
from .readiness import Ready, wait_until_ready

STOP_WITHIN_SECONDS: Final = 8.0
STOP_ONE_WITHIN_SECONDS: Final = 5.0
CRASHES_AT_START: Final = 3
PAUSE_MAX_SECONDS: Final = 10.0
STEADY_AFTER_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Step:
    """Something that is done once, in the supervisor's own process."""

    name: str
    run: Callable[[], Awaitable[None]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A process that must end with exit code 0 before what needs it may begin."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A process that runs as long as the stack. It must be ready within `ready_within_seconds`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Ready
    needs: tuple[str, ...] = ()
    stop_signal: int = signal.SIGTERM
    ready_within_seconds: float = 120.0


Part = Step | Job | Service


class StartFailed(Exception):
    """A part could not be brought up; the message names it and shows its last lines."""


@dataclass
class _State:
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    child: Child | None = None
    up: bool = False
    restarts: int = 0


class Supervisor:
    """Runs one set of parts from start to stop."""

    def __init__(
        self, parts: Iterable[Part], *, console: Console, logs: Path, status: Path, restart: bool = True
    ) -> None:
        self._parts = {part.name: part for part in parts}
        for part in self._parts.values():
            if unknown := set(part.needs) - set(self._parts):
                msg = f"{part.name} needs {', '.join(sorted(unknown))}, which is not a part of the stack"
                raise ValueError(msg)
        self._states = {name: _State() for name in self._parts}
        self._console = console
        self._logs = {name: LogFile(logs / f"{name.replace(' ', '-')}.log") for name in self._parts}
        self._status = status
        self._restart = restart
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Bring all parts up. Raises StartFailed with the first fault; call `stop` in any case."""
        ticker = asyncio.create_task(self._say_what_takes_long())
        try:
            async with asyncio.TaskGroup() as group:
                for part in self._parts.values():
                    group.create_task(self._bring_up(part), name=part.name)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            ticker.cancel()

    def pids(self) -> dict[str, int]:
        """Return the process ids of what runs now, by name."""
        return {n: s.child.pid for n, s in self._states.items() if s.child and s.child.exit_code is None}

    async def stop(self) -> None:
        """Stop every process after those that need it; kill what does not stop in time. A repeat is harmless."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        deadline = asyncio.get_running_loop().time() + STOP_WITHIN_SECONDS
        await asyncio.gather(*(self._take_down(part, deadline) for part in self._parts.values()))
        self._write_status()
        for log in self._logs.values():
            log.close()

    def kill(self) -> None:
        """Kill everything at once."""
        for state in self._states.values():
            if state.child and state.child.exit_code is None:
                state.child.kill()

    async def _bring_up(self, part: Part) -> None:
        for name in part.needs:
            await self._states[name].ready.wait()
        began = time.monotonic()
        match part:
            case Step():
                await self._run_step(part)
            case Job():
                await self._run_job(part)
            case Service():
                await self._run_service(part)
        self._states[part.name].ready.set()
        self._set_up(part.name, up=True)
        word = "ready" if isinstance(part, Service) else "done"
        self._console.progress(f"{part.name}: {word} ({time.monotonic() - began:.1f} s)")

    async def _run_step(self, step: Step) -> None:
        try:
            await step.run()
        except Exception as error:
            raise StartFailed(f"{step.name} failed: {str(error) or repr(error)}") from error

    async def _run_job(self, job: Job) -> None:
        child = await self._spawn(job)
        if (code := await child.wait()) != 0:
            raise StartFailed(self._report(job.name, f"ended with {_meaning(code)}"))

    async def _run_service(self, service: Service) -> None:
        """Start until ready. A process that crashes three times on its way is given up."""
        try:
            async with asyncio.timeout(service.ready_within_seconds):
                for crash in range(CRASHES_AT_START):
                    child = await self._spawn(service)
                    if await _ready_or_ended(service.ready, child):
                        self._watchers.append(asyncio.create_task(self._watch(service), name=service.name))
                        return
                    await asyncio.sleep(0.5 * (crash + 1))
        except TimeoutError:
            within = f"was not ready within {service.ready_within_seconds:.0f} s"
            raise StartFailed(self._report(service.name, within)) from None
        raise StartFailed(
            self._report(service.name, f"ended {CRASHES_AT_START} times with {_meaning(child.exit_code)}")
        )

    async def _watch(self, service: Service) -> None:
        """Start the process again whenever it ends by itself, after a pause that grows while it keeps ending."""
        state = self._states[service.name]
        pause = 0.5
        while child := state.child:
            began = time.monotonic()
            code = await child.wait()
            self._set_up(service.name, up=False)
            if time.monotonic() - began > STEADY_AFTER_SECONDS:
                pause = 0.5
            if not self._restart:
                self._console.fault(f"{service.name}: ended with {_meaning(code)}")
                return
            self._console.fault(f"{service.name}: ended with {_meaning(code)}, starting again in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX_SECONDS)
            state.restarts += 1
            await self._start_again(service)

    async def _start_again(self, service: Service) -> None:
        began = time.monotonic()
        try:
            child = await self._spawn(service)
        except StartFailed as failed:
            self._console.fault(str(failed))
            return
        if await _ready_or_ended(service.ready, child):
            self._set_up(service.name, up=True)
            self._console.progress(f"{service.name}: ready again ({time.monotonic() - began:.1f} s)")

    async def _spawn(self, part: Job | Service) -> Child:
        try:
            child = await Child.start(
                part.name, part.command, part.environment, console=self._console, log=self._logs[part.name]
            )
        except OSError as error:
            raise StartFailed(f"{part.name} cannot be started: {error}") from error
        self._states[part.name].child = child
        self._set_up(part.name, up=False)
        return child

    async def _take_down(self, part: Part, deadline: float) -> None:
        for other in self._parts.values():
            if part.name in other.needs:
                await self._states[other.name].stopped.wait()
        state = self._states[part.name]
        child = state.child
        if child is not None and child.exit_code is None:
            child.signal(part.stop_signal if isinstance(part, Service) else signal.SIGTERM)
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(child.wait(), max(0.1, min(left, STOP_ONE_WITHIN_SECONDS)))
            except TimeoutError:
                self._console.fault(f"{part.name}: did not stop in time, killed")
        if child is not None:
            child.kill()  # whatever it may have left behind in its session
            await child.wait()
        state.up = False
        state.stopped.set()

    async def _say_what_takes_long(self) -> None:
        while True:
            await asyncio.sleep(10)
            waiting = [
                n
                for n, p in self._parts.items()
                if not self._states[n].ready.is_set() and all(self._states[m].ready.is_set() for m in p.needs)
            ]
            self._console.progress(f"still at work: {', '.join(waiting)}")

    def _report(self, name: str, what: str) -> str:
        tail = "\n".join(f"    {readable(line)}" for line in self._logs[name].tail)
        return f"{name} {what}; its last lines (all in {self._logs[name].path}):\n{tail or '    (none)'}"

    def _set_up(self, name: str, *, up: bool) -> None:
        self._states[name].up = up
        self._write_status()

    def _write_status(self) -> None:
        rows = {
            name: {
                "kind": type(self._parts[name]).__name__.lower(),
                "up": state.up,
                "pid": state.child.pid if state.child and state.child.exit_code is None else None,
                "restarts": state.restarts,
            }
            for name, state in self._states.items()
        }
        with contextlib.suppress(OSError):  # a full disk must not keep the processes from being watched and stopped
            write_private(self._status, json.dumps(rows, indent=2) + "\n")


async def _ready_or_ended(ready: Ready, child: Child) -> bool:
    """Wait until the process is ready (True) or has ended (False)."""
    ended = asyncio.create_task(child.wait())
    became = asyncio.create_task(wait_until_ready(ready))
    try:
        await asyncio.wait((ended, became), return_when=asyncio.FIRST_COMPLETED)
        return not ended.done()
    finally:
        for task in (ended, became):
            task.cancel()
        await asyncio.gather(ended, became, return_exceptions=True)


def _meaning(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
