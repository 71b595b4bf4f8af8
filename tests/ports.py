"""Free ports and isolated settings for stacks of tests."""

import secrets
import socket
from pathlib import Path
from typing import Any

from local_stack.settings import LocalSettings

LOWEST_PORT = 16_000
FIRST_CLIENT_PORT = 32_768
WIRES_AT_MOST = 8


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on right now; all are held open until all are known, so none comes twice."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def free_block(count: int) -> int:
    """Return the first of `count` free ports in a row, below the range from which the system gives ports to clients.

    A stack opens its ports again after a kill: one from that range may have gone to a client meanwhile.
    """
    while True:
        first = secrets.randbelow(FIRST_CLIENT_PORT - LOWEST_PORT - count) + LOWEST_PORT
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def isolated_settings(folder: Path, **changes: Any) -> LocalSettings:
    """Return settings of a stack in `folder`, every port a free one, and room for wires after the simulators' first."""
    names = [name for name in LocalSettings.model_fields if name.endswith("_port")]
    names.sort(key="simulators_port".__eq__)
    first = free_block(len(names) + WIRES_AT_MOST)
    ports: dict[str, Any] = {name: first + index for index, name in enumerate(names)}
    return LocalSettings(dir=folder, **{"fsync": False, "demo": False} | ports | changes)
