"""What a person sees: progress lines with the time since the start, and with --verbose every process's own lines.

Also keeps each process's lines in `.local/logs/<name>.log`, with one former file beside it.
"""

import json
import sys
import time
from collections import deque
from pathlib import Path
from typing import BinaryIO, Final, TextIO

LOG_FILE_MAX_BYTES: Final = 20 * 2**20
TAIL_LINES: Final = 10
READABLE_CHARACTERS: Final = 300
_COLOURS: Final = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
_RESET: Final = "\x1b[0m"


def readable(line: str) -> str:
    """Return a log line as a person reads it: of a JSON record the level, the event and the error's last line."""
    try:
        record = json.loads(line)
        parts = [record["level"], *(_last_line(record[key]) for key in ("event", "exception") if key in record)]
        return ": ".join(parts)[:READABLE_CHARACTERS]
    except (ValueError, KeyError, TypeError, AttributeError):
        return line[:READABLE_CHARACTERS]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


class Console:
    """Writes whole lines to one stream. Colour only where a person looks at it."""

    def __init__(self, stream: TextIO = sys.stdout, *, verbose: bool = False, colour: bool = False) -> None:
        self._stream: TextIO | None = stream
        self._colour = colour and stream.isatty()
        self._started = time.monotonic()
        self.verbose = verbose

    @property
    def seconds(self) -> float:
        """Seconds since the console was made."""
        return time.monotonic() - self._started

    def progress(self, text: str) -> None:
        self._write(f"{self._paint(f'[{self.seconds:6.1f} s]', 90)} {text}")

    def fault(self, text: str) -> None:
        self._write(f"{self._paint(f'[{self.seconds:6.1f} s]', 90)} {self._paint(text, 91)}")

    def plain(self, text: str = "") -> None:
        self._write(text)

    def process_line(self, name: str, line: str) -> None:
        if self.verbose:
            colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
            self._write(f"{self._paint(f'{name:>14} |', colour)} {line}")

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}{_RESET}" if self._colour else text

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # The terminal is gone: the lines are in the logs, and the stack must still stop in order.
            self._stream = None


class LogFile:
    """The lines of one process: appended to a file of bounded size, the last ones also kept for a fault report."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._file: BinaryIO | None = None

    def write(self, line: str) -> None:
        self.tail.append(line)
        self._file = self._file or self.path.open("ab")
        self._file.write(line.encode("utf-8", "replace") + b"\n")
        self._file.flush()
        if self._file.tell() > LOG_FILE_MAX_BYTES:
            self.close()
            self.path.replace(self.path.with_suffix(".log.1"))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
