"""`python -m metering limit`: set a limit of validation from one local day on; nothing that was set is changed."""

from argparse import ArgumentParser, Namespace
from datetime import date

from common.cli import ArgumentCommand
from common.clock import clock_from_settings
from common.db import open_engine
from common.logging import get_logger
from metering.domain.validation.limits import DEFAULTS, PointClass, SetLimit, check_limit
from metering.repository import limits
from metering.settings import Settings

log = get_logger(__name__)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", choices=sorted(DEFAULTS), metavar="NAME", help=", ".join(DEFAULTS))
    parser.add_argument("value", type=float)
    parser.add_argument("--from", dest="valid_from", required=True, type=date.fromisoformat, help="first local day")
    parser.add_argument("--to", dest="valid_to", type=date.fromisoformat, help="the day behind the last one")
    parser.add_argument("--supplier", help="code of the supplier; without it all")
    parser.add_argument(
        "--class", dest="point_class", type=PointClass, choices=list(PointClass), help="class of points"
    )
    parser.add_argument("--source", required=True, help="the document that says so")


async def _run(settings: Settings, chosen: Namespace) -> None:
    limit = SetLimit(
        name=chosen.name,
        value=chosen.value,
        supplier_code=chosen.supplier,
        point_class=chosen.point_class,
        valid_from=chosen.valid_from,
        valid_to=chosen.valid_to,
        known_at=clock_from_settings().now().replace(microsecond=0),
        source=chosen.source,
    )
    check_limit(limit)
    async with open_engine(settings) as engine, engine.begin() as connection:
        await limits.add_limit(connection, limit)
    log.info("validation_limit.set", name=limit.name, value=limit.value, valid_from=limit.valid_from.isoformat())


LIMIT: ArgumentCommand[Settings] = ArgumentCommand(
    help="set a limit of a rule of validation", add_arguments=_add_arguments, run=_run
)
