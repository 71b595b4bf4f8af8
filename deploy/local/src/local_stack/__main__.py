"""The command line: `python -m local_stack up | status | env SERVICE | clean`."""

import argparse
import asyncio
import json
import shutil
import sys
from pathlib import Path

from pydantic import ValidationError

from .console import Console
from .paths import Paths
from .run import up
from .settings import LocalSettings, colour_wanted
from .single import AlreadyRunning, only_one

EXIT_FAULT = 2
EXIT_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        settings = LocalSettings(demo=False) if getattr(options, "no_demo", False) else LocalSettings()
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            told = fault["msg"].removeprefix("Value error, ")
            print(f"LOCAL_{name}: {told}" if name else told, file=sys.stderr)
        return EXIT_FAULT
    match options.command:
        case "up":
            console = Console(verbose=options.verbose, colour=colour_wanted())
            try:
                return asyncio.run(up(settings, console, ready_file=options.ready_file))
            except KeyboardInterrupt:  # before anything was started
                return EXIT_INTERRUPTED
        case "status":
            return _status(settings.paths)
        case "env":
            return _env(settings.paths, options.service)
        case _:
            return _clean(settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local_stack", description="The whole system on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start everything and stay until Ctrl-C")
    start.add_argument("--verbose", action="store_true", help="show every process's own lines")
    start.add_argument("--no-demo", action="store_true", help="seed nothing")
    start.add_argument("--ready-file", type=Path, help="write all addresses and credentials there (JSON) when ready")
    commands.add_parser("status", help="show the processes of a running stack")
    env = commands.add_parser("env", help="print the environment to run one service alone with a debugger")
    env.add_argument("service")
    commands.add_parser("clean", help="forget all data of the stack")
    return parser


def _status(paths: Paths) -> int:
    try:
        with only_one(paths):
            print(f"no stack is running on {paths.root}")
            return 1
    except AlreadyRunning:
        rows = json.loads(paths.status.read_text(encoding="utf-8"))
    for name, row in rows.items():
        if row["kind"] == "service":
            pid = row["pid"] or "-"
            print(f"{name:<14} {'up' if row['up'] else 'down':<5} process {pid:<8} restarts {row['restarts']}")
    return 0 if all(row["up"] for row in rows.values()) else 1


def _env(paths: Paths, service: str) -> int:
    file = paths.env / f"{service}.env"
    if not file.exists():
        known = ", ".join(sorted(path.stem for path in paths.env.glob("*.env"))) or "none yet: start the stack once"
        print(f"no environment for {service}; there are: {known}", file=sys.stderr)
        return EXIT_FAULT
    print(file.read_text(encoding="utf-8"), end="")
    return 0


def _clean(settings: LocalSettings) -> int:
    root = settings.paths.root
    if not root.exists():
        return 0
    if not settings.paths.lock.exists():
        print(f"{root} was not made by the stack: nothing is removed", file=sys.stderr)
        return EXIT_FAULT
    try:
        with only_one(settings.paths):
            shutil.rmtree(root)
    except AlreadyRunning as running:
        print(running, file=sys.stderr)
        return EXIT_FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
