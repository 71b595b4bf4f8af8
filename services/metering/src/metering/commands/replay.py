"""`python -m metering replay`: ask for a replay. Whatever worker runs does it; the series store is not opened here."""

from argparse import ArgumentParser, Namespace
from datetime import date
from uuid import UUID

from common.cli import ArgumentCommand
from common.clock import clock_from_settings
from common.db import open_engine
from common.logging import get_logger
from metering.settings import Settings
from metering.settlement import replay

log = get_logger(__name__)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("intervals", "days"))
    parser.add_argument("--supplier", required=True, help="code of the supplier")
    parser.add_argument("--start", required=True, type=date.fromisoformat, help="first local day, YYYY-MM-DD")
    parser.add_argument("--end", required=True, type=date.fromisoformat, help="the day behind the last one")
    parser.add_argument("--point", action="append", default=[], type=UUID, help="a point's id; without it all points")


async def _run(settings: Settings, chosen: Namespace) -> None:
    async with open_engine(settings) as engine, engine.begin() as connection:
        asked = await replay.ask(
            connection,
            chosen.supplier,
            what=chosen.what,
            point_ids=chosen.point,
            start=chosen.start,
            end=chosen.end,
            asked_by=None,
            asked_at=clock_from_settings().now(),
        )
    log.info("replay.asked", replay_id=str(asked.id), supplier=chosen.supplier, what=chosen.what)


REPLAY: ArgumentCommand[Settings] = ArgumentCommand(
    help="send half hours or days again from the store to a supplier's topic",
    add_arguments=_add_arguments,
    run=_run,
)
