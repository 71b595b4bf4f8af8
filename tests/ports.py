"""Free ports and isolated settings for stacks of tests."""

import socket
from pathlib import Path
from typing import Any

from local_stack.settings import LocalSettings


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


def isolated_settings(folder: Path, **changes: Any) -> LocalSettings:
    """Return settings of a stack in `folder`, every port a free one."""
    names = [name for name in LocalSettings.model_fields if name.endswith("_port")]
    ports: dict[str, Any] = dict(zip(names, free_ports(len(names)), strict=True))
    return LocalSettings(dir=folder, fsync=False, demo=False, **ports | changes)
