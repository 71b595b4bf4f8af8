"""One run of the stack: check, start, tell, wait for Ctrl-C, stop."""

import asyncio
import contextlib
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import kafka, postgres
from .console import Console
from .environment import service_environments, supplier_environment, write_environments
from .passwords import Secrets, open_secrets
from .paths import write_private
from .preflight import faults
from .processes import KAFKA_USERS, WEB_CLIENT, parts
from .settings import SERVICES, LocalSettings
from .single import AlreadyRunning, only_one
from .supervisor import StartFailed, Supervisor

EXIT_FAILED: Final = 1
EXIT_FAULT: Final = 2
EXIT_KILLED: Final = 130


@dataclass(frozen=True)
class Options:
    """What one run is asked for beside its settings."""

    ready_file: Path | None = None


async def up(settings: LocalSettings, options: Options, console: Console) -> int:
    """Start everything and stay until a signal; return the exit code."""
    try:
        with only_one(settings.paths):
            return await _up(settings, options, console)
    except AlreadyRunning as running:
        console.fault(str(running))
        return EXIT_FAULT


async def _up(settings: LocalSettings, options: Options, console: Console) -> int:
    web_client = None if "web" in settings.exclude else WEB_CLIENT
    if found := faults(settings, own_ports={}, web_client=web_client):
        for fault in found:
            console.fault(fault)
        return EXIT_FAULT
    settings.paths.create()
    held = _open_secrets(settings)
    environments = service_environments(settings, held)
    suppliers = {f"supplier-{code}": supplier_environment(settings, held, code) for code in settings.suppliers}
    write_environments(settings.paths, environments | suppliers)
    supervisor = Supervisor(
        parts(settings, held, environments),
        console=console,
        logs=settings.paths.logs,
        status=settings.paths.status,
        restart=settings.restart,
    )
    return await _run(supervisor, settings, options, console, held)


async def _run(
    supervisor: Supervisor, settings: LocalSettings, options: Options, console: Console, held: Secrets
) -> int:
    """Start, stay, stop. The first signal stops in order, the second kills."""
    asked = asyncio.Event()
    killed = False

    def on_signal() -> None:
        nonlocal killed
        if asked.is_set():
            killed = True
            supervisor.kill()
        asked.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    code = 0
    starting = asyncio.create_task(_start(supervisor, settings, options, console, held))
    asking = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait((starting, asking), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await asking
    except StartFailed as failed:
        console.fault(str(failed))
        code = EXIT_FAILED
    finally:
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, StartFailed):
            await starting
        asking.cancel()
        began = console.seconds
        console.progress("stopping; Ctrl-C again kills")
        await supervisor.stop()
        console.progress(f"stopped ({console.seconds - began:.1f} s)")
    return EXIT_KILLED if killed else code


async def _start(
    supervisor: Supervisor, settings: LocalSettings, options: Options, console: Console, held: Secrets
) -> None:
    await supervisor.start()
    text = json.dumps({"seconds": round(console.seconds, 1)}, indent=2)
    for path in filter(None, (settings.paths.ready, options.ready_file)):
        write_private(path, text + "\n")
    console.progress("ready")


def _open_secrets(settings: LocalSettings) -> Secrets:
    return open_secrets(
        settings.paths.secrets,
        users=KAFKA_USERS,
        databases=SERVICES,
        suppliers=settings.suppliers,
        data_exists=postgres.has_data(settings.paths) or kafka.has_data(settings.paths),
    )
