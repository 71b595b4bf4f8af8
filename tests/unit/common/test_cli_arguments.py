from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import pytest

from common import cli
from common.settings import ServiceSettings

DATABASE = {"database_url": "postgresql+asyncpg://nobody@127.0.0.1/none"}


def test_a_command_of_a_service_gets_its_own_arguments(monkeypatch: pytest.MonkeyPatch):
    given: list[tuple[str, Any]] = []

    class Settings(ServiceSettings):
        """Settings of a test."""

        def __init__(self) -> None:
            super().__init__(**DATABASE)  # type: ignore[arg-type]

    async def run(settings: Settings, chosen: Namespace) -> None:
        given.append((settings.database_url.get_secret_value(), chosen.what))

    async def prepared(*_: Any) -> None:
        return

    def add_arguments(parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("one", "other"))

    def create_app(*_: Any) -> Any:
        raise AssertionError("a command serves nothing")

    monkeypatch.setattr(cli, "_prepare_database", prepared)
    service = cli.Service(
        name="metering",
        settings=Settings,
        migrations=Path(),
        create_app=create_app,
        argument_commands={"again": cli.ArgumentCommand(help="do it again", add_arguments=add_arguments, run=run)},
    )
    assert cli.main(service, ["again", "one"]) == 0
    assert given == [(DATABASE["database_url"], "one")]
    with pytest.raises(SystemExit):
        cli.main(service, ["again", "neither"])
