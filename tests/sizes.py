"""No source file grows past 500 lines unless it is listed here with its reason."""

import subprocess
import sys
from pathlib import Path

LIMIT_LINES = 500
ALLOWED: dict[str, str] = {}
GENERATED = ("schema.d.ts", "/locales/")


def too_long() -> list[str]:
    """Return the tracked Python and TypeScript files over the limit."""
    listed = subprocess.run(["git", "ls-files", "*.py", "*.ts", "*.tsx"], capture_output=True, text=True, check=True)
    paths = [path for path in listed.stdout.splitlines() if not any(mark in path for mark in GENERATED)]
    return [
        path
        for path in paths
        if path not in ALLOWED
        and Path(path).exists()
        and len(Path(path).read_text(encoding="utf-8").splitlines()) > LIMIT_LINES
    ]


if __name__ == "__main__":
    long_files = too_long()
    if long_files:
        print(
            f"over {LIMIT_LINES} lines, split them or list them with a reason: {', '.join(long_files)}", file=sys.stderr
        )
    sys.exit(bool(long_files))
