"""One run of the stack: check, start, tell, wait for Ctrl-C, stop."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import kafka, postgres
from .console import Console
from .demo import Demo, DemoUnreadable, open_demo
from .demo_page import fill_page
from .environment import service_environments, supplier_environment, write_environments
from .passwords import Secrets, open_secrets
from .paths import write_private
from .preflight import faults
from .processes import KAFKA_USERS, parts
from .report import ready_document, table
from .settings import SERVICES, LocalSettings
from .single import AlreadyRunning, only_one
from .supervisor import StartFailed, Supervisor

EXIT_FAILED: Final = 1
EXIT_FAULT: Final = 2
EXIT_KILLED: Final = 130
GIVEN_BACK_WITHIN_SECONDS: Final = 1.0
"""What the processes of a stack that was killed a moment ago still hold is free after this time."""


@dataclass(frozen=True)
class Run:
    """What one run is made of."""

    settings: LocalSettings
    held: Secrets
    demo: Demo
    supervisor: Supervisor
    console: Console
    ready_files: tuple[Path, ...]

    def forget_ready(self) -> None:
        """A ready file tells that the stack is ready: it is there at no other time."""
        for path in self.ready_files:
            path.unlink(missing_ok=True)


class Asked:
    """Signals to stop: the first is waited for, each further one kills."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._first = asyncio.Event()
        self.killed = False

    def signalled(self) -> None:
        if self._first.is_set():
            self.killed = True
            self._supervisor.kill()
        self._first.set()

    async def wait(self) -> None:
        await self._first.wait()


async def up(settings: LocalSettings, console: Console, *, ready_file: Path | None = None) -> int:
    """Start everything and stay until a signal; return the exit code."""
    try:
        with only_one(settings.paths):
            demo = open_demo(settings)
            if found := await _faults(settings, demo):
                for fault in found:
                    console.fault(fault)
                return EXIT_FAULT
            return await _stay(_prepare(settings, demo, console, ready_file))
    except (AlreadyRunning, DemoUnreadable) as fault:
        console.fault(str(fault))
        return EXIT_FAULT


async def _faults(settings: LocalSettings, demo: Demo) -> list[str]:
    wires = {} if "simulators" in settings.exclude else demo.ports
    found = faults(settings, wires)
    if found:
        await asyncio.sleep(GIVEN_BACK_WITHIN_SECONDS)
        found = faults(settings, wires)
    return found


def _prepare(settings: LocalSettings, demo: Demo, console: Console, ready_file: Path | None) -> Run:
    paths = settings.paths
    paths.create()
    held = open_secrets(
        paths.secrets,
        users=KAFKA_USERS,
        databases=SERVICES,
        suppliers=settings.suppliers,
        data_exists=postgres.has_data(paths) or kafka.has_data(paths),
    )
    environments = service_environments(settings, held)
    environments["metering"] |= demo.canary
    environments |= {f"supplier-{code}": supplier_environment(settings, held, code) for code in settings.suppliers}
    write_environments(paths, environments)
    demo.write()
    supervisor = Supervisor(
        parts(settings, held, environments, demo),
        console=console,
        logs=paths.logs,
        status=paths.status,
        restart=settings.restart,
    )
    ready_files = (paths.ready,) if ready_file is None else (paths.ready, ready_file)
    return Run(settings, held, demo, supervisor, console, ready_files)


async def _stay(run: Run) -> int:
    run.forget_ready()
    asked = Asked(run.supervisor)
    code = 0
    with _signals(asked):
        starting = asyncio.create_task(_start(run))
        asking = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait((starting, asking), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await asking
        except StartFailed as failed:
            run.console.fault(str(failed))
            code = EXIT_FAILED
        finally:
            await _stop(run, starting, asking)
    return EXIT_KILLED if asked.killed else code


async def _start(run: Run) -> None:
    await run.supervisor.start()
    run.demo.loaded()
    await fill_page(run.settings, run.demo, run.console)
    seconds = run.console.seconds
    document = ready_document(run.settings, run.held, run.demo.people, seconds=seconds)
    for path in run.ready_files:
        write_private(path, document)
    for line in table(run.settings, run.demo.people, seconds=seconds):
        run.console.plain(line)


async def _stop(run: Run, *tasks: "asyncio.Task[None]") -> None:
    began = run.console.seconds
    run.console.progress("stopping; Ctrl-C again kills")
    run.forget_ready()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await run.supervisor.stop()
    run.console.progress(f"stopped ({run.console.seconds - began:.1f} s)")


@contextmanager
def _signals(asked: Asked) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, asked.signalled)
    yield
    for number in numbers:
        loop.remove_signal_handler(number)
