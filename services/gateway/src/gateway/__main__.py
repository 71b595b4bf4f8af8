"""`python -m gateway render --out FILE` and `python -m gateway openapi [--check] [--partial]`."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from common.errors import HalfhourError
from gateway import openapi
from gateway.envoy import render
from gateway.errors import NotJoinable
from gateway.settings import Settings

# The checkout's; an image brings its own and names it.
DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "api" / "portal.json"


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say and return the exit code. Expected faults are one line on standard error."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "render":
            _render(chosen.document, chosen.out)
            return 0
        return _openapi(chosen.document, check=chosen.check, partial=chosen.partial)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            sys.stderr.write(f"GATEWAY_{'_'.join(str(part) for part in fault['loc'])}".upper() + f": {fault['msg']}\n")
        return 2
    except (HalfhourError, OSError) as error:
        sys.stderr.write(f"gateway: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway")
    commands = parser.add_subparsers(dest="command", required=True)
    rendering = commands.add_parser("render", help="write the Envoy configuration from GATEWAY_ settings")
    rendering.add_argument("--out", type=Path, required=True, help="the YAML file to write")
    joining = commands.add_parser("openapi", help="join the services' OpenAPI documents from their code")
    joining.add_argument("--check", action="store_true", help="write nothing; exit 1 if the document would change")
    joining.add_argument("--partial", action="store_true", help="leave out services that cannot be imported")
    for command in (rendering, joining):
        command.add_argument("--document", type=Path, default=DOCUMENT, help="the joined OpenAPI document")
    return parser


def _render(document: Path, out: Path) -> None:
    text = render(Settings(), openapi.read(document))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    print(f"gateway: {out}")


def _openapi(path: Path, *, check: bool, partial: bool) -> int:
    text = openapi.text_of(openapi.join(_documents(partial=partial)))
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    if text == present:
        print(f"gateway: {path} says what the code does")
        return 0
    if check:
        sys.stderr.write(f"gateway: {path} differs from the code; run `python -m gateway openapi`\n")
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"gateway: {path} written")
    return 0


def _documents(*, partial: bool) -> dict[str, openapi.Document]:
    documents, faults = {}, []
    for service in openapi.SERVICES:
        try:
            documents[service] = openapi.service_document(service)
        except NotJoinable as error:
            faults.append(str(error))
    if faults and not partial:
        raise NotJoinable("; ".join(faults))
    sys.stderr.writelines(f"gateway: left out {fault}\n" for fault in faults)
    return documents


if __name__ == "__main__":
    sys.exit(main())
