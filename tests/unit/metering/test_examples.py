"""Every example of a bulk topic passes the checks of its pipeline."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.unit.metering.telemetry import Place

import topics as topics_package
from common.kafka.topic import Topic
from metering.domain.interval_columns import INTERVAL_COLUMNS
from metering.domain.intervals import check_blocks
from metering.domain.journals import check_journals
from metering.domain.registers import check_snapshots
from topics.poller import JOURNAL_ENTRIES, REGISTER_SNAPSHOTS

EXAMPLES = Path(topics_package.__file__).parent / "examples"
CHECKS: list[tuple[Topic[Any], Any]] = [
    (INTERVAL_COLUMNS, check_blocks),
    (REGISTER_SNAPSHOTS, check_snapshots),
    (JOURNAL_ENTRIES, check_journals),
]


@pytest.mark.parametrize(("topic", "check"), CHECKS, ids=lambda value: getattr(value, "name", None))
def test_every_example_passes(topic: Topic[Any], check: Any):
    examples = [topic.decode(file.read_bytes(), topic.headers()) for file in (EXAMPLES / topic.name).glob("*.json")]
    assert examples
    for example in examples:
        place = Place(meter_id=UUID(str(example.meter_id)), serial=example.serial)
        assert not check([example], place.registry(), now_epoch=2e9).refused
