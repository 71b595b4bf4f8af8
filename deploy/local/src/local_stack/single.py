"""At most one stack on one folder: a lock that the kernel gives back however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .paths import Paths


class AlreadyRunning(Exception):
    """Another stack holds the folder."""


@contextmanager
def only_one(paths: Paths) -> Iterator[None]:
    """Hold the folder. Raises AlreadyRunning with the way out if another process does."""
    paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with paths.lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            msg = (
                f"another stack is running on {paths.root} (process {holder}): "
                "stop it with Ctrl-C there, or set LOCAL_DIR and LOCAL_PORT_OFFSET for a second one"
            )
            raise AlreadyRunning(msg) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
