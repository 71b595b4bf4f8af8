"""The command line of a service: `python -m <service> [api | worker | migrate | load FILE]` and its own commands.

Without a role one process migrates the database and then does everything. `api` and `worker` refuse to start
on a database that is older than their code.
"""

import argparse
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

from fastapi import FastAPI
from pydantic import ValidationError

from common.errors import Busy, HalfhourError
from common.logging import configure_logging
from common.migrate import check_revision, migrate
from common.process import run, serve
from common.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)


class Role(str, Enum):
    """What a serving process does: answer requests, or handle messages and relay events."""

    API = "api"
    WORKER = "worker"


ALL_ROLES = frozenset(Role)


@dataclass(frozen=True, kw_only=True)
class ArgumentCommand(Generic[S]):
    """A service's own command that takes arguments."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[S, argparse.Namespace], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Service(Generic[S]):
    """What the command line needs to know of a service. `load` takes a registry file, where there is one.

    `commands` are the service's own, by name; their docstrings are their help. `migrate_more` migrates a store
    beside PostgreSQL.
    """

    name: str
    settings: type[S]
    migrations: Path
    create_app: Callable[[S, frozenset[Role]], FastAPI]
    load: Callable[[S, Path], Awaitable[None]] | None = None
    migrate_more: Callable[[S], Awaitable[None]] | None = None
    commands: Mapping[str, Callable[[S], Awaitable[None]]] = field(default_factory=dict)
    argument_commands: Mapping[str, ArgumentCommand[S]] = field(default_factory=dict)


def main(service: Service[S], arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code. Expected faults are one line on standard error."""
    chosen = _parser(service).parse_args(arguments)
    try:
        settings = service.settings()
    except ValidationError as error:
        sys.stderr.write("\n".join(_setting_faults(service.settings, error)) + "\n")
        return 2
    configure_logging(service.name, settings.log_level)
    try:
        run(_run(service, settings, chosen))
    except HalfhourError as error:
        sys.stderr.write(f"{service.name}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser(service: Service[S]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service.name.replace('-', '_')}")
    roles = parser.add_subparsers(dest="role", title="roles (none: migrate, then api and worker in one process)")
    roles.add_parser("api", help="answer requests")
    roles.add_parser("worker", help="handle messages and relay events")
    roles.add_parser("migrate", help="bring the database to the newest revision")
    if service.load is not None:
        load = roles.add_parser("load", help="take over a registry file; a repeat changes nothing")
        load.add_argument("file", type=Path, help="JSON file")
    for name, command in service.commands.items():
        roles.add_parser(name, help=command.__doc__)
    for name, argument_command in service.argument_commands.items():
        argument_command.add_arguments(roles.add_parser(name, help=argument_command.help))
    return parser


async def _run(service: Service[S], settings: S, chosen: argparse.Namespace) -> None:
    role: str | None = chosen.role
    try:
        await _prepare_database(service, settings, role)
    except OSError as error:
        raise Busy(f"the database does not answer: {error}") from error
    if role == "load" and service.load is not None:
        await service.load(settings, chosen.file)
    elif role is not None and role in service.argument_commands:
        await service.argument_commands[role].run(settings, chosen)
    elif role is not None and role in service.commands:
        await service.commands[role](settings)
    elif role != "migrate":
        await serve(service.create_app(settings, ALL_ROLES if role is None else frozenset({Role(role)})), settings)


async def _prepare_database(service: Service[S], settings: S, role: str | None) -> None:
    database_url = settings.database_url.get_secret_value()
    if role not in {None, "migrate"}:
        await check_revision(database_url, service.migrations)
        return
    await migrate(database_url, service.migrations)
    if service.migrate_more is not None:
        await service.migrate_more(settings)


def _setting_faults(settings: type[ServiceSettings], error: ValidationError) -> list[str]:
    """Name the variables at fault, without their values: they may be secrets."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    return [
        f"{prefix}{'_'.join(str(part) for part in fault['loc'])}".upper() + f": {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    ]
