"""The store keeps every version, shows the highest, cares for neither order nor repetition; both ways to the engine."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.service.metering.conftest import Chain
from tests.service.metering.http_engine import http_engine
from tests.unit.metering.fake_log import FakeLog
from tests.unit.metering.telemetry import HALF_HOUR, NOW, START, Place, entry

from metering.domain.journals import StoredEntry
from metering.domain.profile import Channel, Series, Step
from metering.domain.profile import series as laid_out
from metering.domain.registry import Registry
from metering.settings import Settings
from metering.store import engine, spans
from metering.store.days import read_slots
from metering.store.profiles import ProfileReads
from metering.store.telemetry import Store, open_store
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, REGISTER_SNAPSHOTS, IntervalBlock
from topics.quality import Quality

SLOTS = 8


@pytest.fixture(params=["embedded", "http"])
async def series(request: pytest.FixtureRequest, clickhouse_path: Path) -> AsyncIterator[Store]:
    """The series store by each way to the engine: in this process, and by the client of a server."""
    with http_engine(clickhouse_path) as (url, seen):
        where = {"clickhouse_url": url} if request.param == "http" else {"clickhouse_path": clickhouse_path}
        settings = Settings.model_validate({"database_url": "postgresql://none", **where})
        await engine.migrate(settings)
        async with open_store(settings) as opened:
            yield opened
        assert bool(seen) == (request.param == "http")


slot_values = st.none() | st.integers(0, 3) | st.just(30_000)
blocks = st.builds(
    lambda values, shift, seconds, quality: (values, shift, seconds, quality),
    st.lists(slot_values, min_size=1, max_size=4),
    st.integers(0, SLOTS - 4),
    st.integers(0, 2),
    st.sampled_from([Quality.RAW, Quality.DERIVED]),
)


def block_of(place: Place, drawn: tuple[list[int | None], int, int, Quality]) -> IntervalBlock:
    values, shift, seconds, quality = drawn
    return place.block(
        values,
        start=START + shift * HALF_HOUR,
        polled_at=START + timedelta(days=1, seconds=seconds),
        quality=[Quality.GAP if value is None else quality for value in values],
    )


async def profile(store: Store, point_id: UUID, channel: Channel = Channel.A_PLUS) -> Series:
    start = int(START.timestamp())
    end = int((START + SLOTS * HALF_HOUR).timestamp())
    found = await ProfileReads(store.engine).window(
        point_id, [channel], start_epoch=start, end_epoch=end, now_epoch=NOW.timestamp()
    )
    (halves,) = found.halves
    return laid_out(halves, start_epoch=start, end_epoch=end, step=Step.HALF_HOUR)


async def versions(store: Store, point_id: UUID) -> list[dict[str, Any]]:
    """Every version of every slot that the store keeps of a point."""
    return await store.engine.rows(
        "SELECT toUnixTimestamp(start) AS start, version, a_plus_wh, a_minus_wh, r_plus_varh, r_minus_varh, flags,"
        " toString(quality) AS quality FROM intervals FINAL WHERE point_id = {point_id:UUID}"
        " ORDER BY start, version, a_plus_wh",
        {"point_id": str(point_id)},
    )


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(blocks, min_size=1, max_size=5), data=st.data())
async def test_the_same_telemetry_in_any_order_and_number_gives_the_same_store(
    series: Store, drawn: list[tuple[list[int | None], int, int, Quality]], data: st.DataObject
):
    """INVARIANT: the same telemetry any number of times, in any order, gives the same store and the same page."""
    once, again = Place(), Place()
    await Chain(series, FakeLog(), once.registry()).take(INTERVAL_BLOCKS, *(block_of(once, each) for each in drawn))

    shuffled = data.draw(st.permutations(drawn + data.draw(st.lists(st.sampled_from(drawn), max_size=5))))
    chain = Chain(series, FakeLog(), again.registry())
    cut = data.draw(st.integers(0, len(shuffled)))
    for part in (shuffled[:cut], shuffled[cut:]):
        await chain.take(INTERVAL_BLOCKS, *(block_of(again, each) for each in part))

    assert await versions(series, again.point_id) == await versions(series, once.point_id)
    assert await profile(series, again.point_id) == await profile(series, once.point_id)


async def test_a_reader_of_the_suppliers_stream_ends_with_what_the_page_shows(chain: Chain, place: Place):
    """INVARIANT: what a consumer sees and what billing received are the same, repeats and late blocks included."""
    await chain.take(
        INTERVAL_BLOCKS,
        place.block([1, 2, None, 4]),
        place.block([9, None, 3], polled_at=START + timedelta(days=2)),
        place.block([1, 2, None, 4]),
        place.block([7] * 4, quality=[Quality.DERIVED] * 4, polled_at=START + timedelta(days=3)),
    )

    ledger: dict[int, tuple[int, int | None]] = {}
    for message in chain.log.supplied():
        for slot, (value, version) in enumerate(zip(message.a_plus_wh, message.versions, strict=True)):
            if message.quality[slot] != Quality.GAP:
                ledger[slot] = max(ledger.get(slot, (0, None)), (version, value), key=lambda known: known[0])
    shown = await profile(chain.store, place.point_id)
    assert shown.values[:4] == [9, 2, 3, 4]
    assert [ledger[slot][1] for slot in range(4)] == shown.values[:4]


async def test_a_lower_quality_never_replaces_a_higher_one(chain: Chain, place: Place):
    await chain.take(INTERVAL_BLOCKS, place.block([5]))
    await chain.take(INTERVAL_BLOCKS, place.block([6], quality=[Quality.DERIVED], polled_at=START + timedelta(days=9)))

    assert (await profile(chain.store, place.point_id)).values[0] == 5


async def test_a_correction_keeps_the_former_value_readable(chain: Chain, place: Place):
    """INVARIANT: a correction never erases."""
    await chain.take(INTERVAL_BLOCKS, place.block([5]))
    await chain.take(INTERVAL_BLOCKS, place.block([6], polled_at=START + timedelta(days=2)))

    await chain.store.engine.write(lambda client: client.command("OPTIMIZE TABLE intervals FINAL"))

    assert (await profile(chain.store, place.point_id)).values[0] == 6
    assert [row["a_plus_wh"] for row in await versions(chain.store, place.point_id)] == [5, 6]


async def test_a_repeat_leaves_one_row_after_merging_that_is_known_since_the_first(chain: Chain, place: Place):
    """INVARIANT: what was known at an instant can be told at any later one, repeats and merges notwithstanding."""
    first = chain.clock.instant
    for _ in range(3):
        await chain.take(INTERVAL_BLOCKS, place.block([5, 6]))
        chain.clock.instant += HALF_HOUR

    await chain.store.engine.write(lambda client: client.command("OPTIMIZE TABLE intervals FINAL"))

    (row,) = await chain.store.engine.rows(
        "SELECT count() AS rows, toUnixTimestamp(max(stored_at)) AS stored FROM intervals"
        " WHERE point_id = {point_id:UUID}",
        {"point_id": str(place.point_id)},
    )
    assert row == {"rows": 2, "stored": int(first.timestamp())}


async def test_the_store_tells_what_counted_as_of_any_instant(chain: Chain, place: Place):
    """INVARIANT: a correction never erases, not even what was known before it came."""
    first = chain.clock.instant
    await chain.take(INTERVAL_BLOCKS, place.block([5, 6]))
    chain.clock.instant += HALF_HOUR
    await chain.take(INTERVAL_BLOCKS, place.block([7], polled_at=START + timedelta(days=2)))
    epoch = int(START.timestamp())

    async def known(by: datetime | None) -> list[int | None]:
        found = await read_slots(
            chain.store.engine, [place.point_id], start_epoch=epoch, end_epoch=epoch + 3_600, known_by=by
        )
        return [slot.energies[0] for _, slot in sorted(found.get(place.point_id, {}).items())]

    assert await known(None) == await known(first + HALF_HOUR) == [7, 6]
    assert await known(first) == [5, 6]
    assert await known(first - timedelta(seconds=1)) == []


async def test_a_slot_that_was_never_read_has_no_row_and_a_measured_zero_has(chain: Chain, place: Place):
    """INVARIANT: a gap is never a zero, neither in the store nor on the page nor in the supplier's stream."""
    await chain.take(INTERVAL_BLOCKS, place.block([0, None]))

    assert [row["a_plus_wh"] for row in await versions(chain.store, place.point_id)] == [0]
    assert (await profile(chain.store, place.point_id)).values[:2] == [0, None]
    assert [message.a_plus_wh for message in chain.log.supplied()] == [[0, None]]


async def test_a_channel_that_is_not_measured_stays_unknown(chain: Chain, place: Place):
    await chain.take(INTERVAL_BLOCKS, place.block([5], r_minus_varh=[None]))

    shown = await profile(chain.store, place.point_id, Channel.R_MINUS)
    assert (shown.values[0], shown.quality[0]) == (None, "GAP")
    assert (await profile(chain.store, place.point_id, Channel.R_PLUS)).values[0] == 5


async def test_a_batch_stored_but_not_sent_on_is_taken_again_without_doubling(chain: Chain, place: Place):
    chain.log.refuse_sends = 1

    await chain.take(INTERVAL_BLOCKS, place.block([5]))
    assert (chain.log.committed, chain.log.supplied()) == ({}, [])
    await chain.intervals.step(chain.log)

    assert len(chain.log.supplied()) == 1
    assert len(await versions(chain.store, place.point_id)) == 1
    assert list(chain.log.committed.values()) == [1]


async def test_an_impossible_slot_is_a_gap_and_its_message_is_set_aside(chain: Chain, place: Place):
    await chain.take(INTERVAL_BLOCKS, place.block([5, 99_999, 7]))

    assert (await profile(chain.store, place.point_id)).values[:3] == [5, None, 7]
    ((topic, headers, _),) = chain.log.dead_letters
    assert topic == "poller-interval-blocks-v1-dlt"
    assert headers["dlt_reason"] == "above_physical_limit"
    assert "slots 1" in headers["dlt_detail"]


async def test_the_bounds_of_time_are_stored_as_they_are(chain: Chain, place: Place):
    start = START.replace(year=2038, month=1, day=19, hour=3)
    chain.clock.instant = START.replace(year=2100)
    await chain.take(INTERVAL_BLOCKS, place.block([1, 2], start=start, polled_at=start + timedelta(hours=2)))

    epoch = int(start.timestamp())
    found = await ProfileReads(chain.store.engine).window(
        place.point_id, [Channel.A_PLUS], start_epoch=epoch, end_epoch=epoch + 3_600, now_epoch=epoch + 3_600
    )
    assert (found.halves[0].values.tolist(), found.newest_epoch) == ([1, 2], epoch + 1_800)


async def test_an_open_journal_entry_is_completed_and_never_doubled(chain: Chain, place: Place):
    """INVARIANT: an entry that opens is stored at once and completed later: the same entry, in any order of reading."""
    opened = place.journal(entry("20", "2026-03-10T08:50:00"), polled_at=START)
    closed = place.journal(entry("20", "2026-03-10T08:50:00", "2026-03-10T09:50:00"), polled_at=START + HALF_HOUR)

    for order in ([opened, closed], [closed, opened], [opened, opened, closed, closed, opened]):
        other = Place(meter_id=place.meter_id)
        chain.registry = other.registry()
        for block in order:
            await chain.take(JOURNAL_ENTRIES, block)
        (kept,) = await chain.store.journal(
            other.point_id, start_epoch=0, end_epoch=2**31, journals=None, before=None, limit=10
        )
        assert str(kept.meter_closed) == "2026-03-10 09:50:00"


async def test_a_register_snapshot_comes_back_as_it_was_read(chain: Chain, place: Place):
    snapshot = place.snapshot(START + timedelta(milliseconds=1_234), ("sum", 7_550_965), ("T1", 5_051_398))

    await chain.take(REGISTER_SNAPSHOTS, snapshot)
    await chain.take(REGISTER_SNAPSHOTS, snapshot)

    (kept,) = await chain.store.snapshots(place.point_id, before=None, limit=10)
    assert kept.at == snapshot.at
    assert (kept.meter_time, kept.drift_seconds) == (snapshot.meter_time, 117.0)
    assert (kept.zones, kept.values_wh) == (["sum", "T1"], [7_550_965, 5_051_398])
    assert kept.frames_sha256 == snapshot.frames_sha256
    assert await chain.store.last_snapshots([place.point_id]) == {place.point_id: kept}
    assert kept.at < NOW


async def test_the_last_snapshot_of_each_point_is_its_own_newest(chain: Chain, place: Place):
    other, silent = Place(), Place()
    for at, value in ((START + HALF_HOUR, 20), (START, 10)):
        await chain.take(REGISTER_SNAPSHOTS, place.snapshot(at, ("sum", value)))
    chain.registry = other.registry()
    await chain.take(REGISTER_SNAPSHOTS, other.snapshot(START, ("sum", 30)))

    last = await chain.store.last_snapshots([place.point_id, other.point_id, silent.point_id])

    assert {point: each.values_wh for point, each in last.items()} == {place.point_id: [20], other.point_id: [30]}
    assert await chain.store.last_snapshots([]) == {}


async def test_telemetry_that_is_faster_than_the_registry_is_not_refused(chain: Chain, place: Place):
    chain.registry, chain.newer = Registry(), place.registry()

    await chain.take(INTERVAL_BLOCKS, place.block([5]))

    assert (await profile(chain.store, place.point_id)).values[0] == 5
    assert chain.log.dead_letters == []


def stored_entry(place: Place, opened_at: datetime, **changes: Any) -> StoredEntry:
    content: dict[str, Any] = {
        "point_id": place.point_id,
        "meter_id": place.meter_id,
        "journal": "12",
        "part": 1,
        "meter_opened": opened_at.replace(tzinfo=None),
        "meter_closed": None,
        "opened_at": opened_at,
        "closed_at": None,
        "raw": "",
        "version": 1,
    }
    return StoredEntry(**content | changes)


async def test_of_each_point_only_the_time_of_its_own_entries_is_read_to_know_them(
    series: Store, monkeypatch: pytest.MonkeyPatch
):
    one, other = Place(), Place()
    days = [NOW - timedelta(days=number) for number in range(10)]
    await series.insert_journal([stored_entry(one, at) for at in days], stored_at=NOW)
    new = stored_entry(other, days[9])
    read: list[int] = []
    rows_of = series.engine.rows

    async def rows(*arguments: Any) -> Any:
        found = await rows_of(*arguments)
        read.append(len(found))
        return found

    monkeypatch.setattr(series.engine, "rows", rows)
    assert await series.entries_not_known([stored_entry(one, days[0]), new]) == [new]
    assert read == [1]


async def test_of_a_flooded_journal_the_newest_entries_of_each_point_are_read(
    series: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spans, "MAX_ENTRIES", 3)
    flooded, quiet = Place(), Place()
    days = [NOW - timedelta(days=number) for number in range(9)]
    entries = [*(stored_entry(flooded, at) for at in days), stored_entry(quiet, days[8])]
    await series.insert_journal(entries, stored_at=NOW)
    bounds = {"start_epoch": int(days[8].timestamp()), "end_epoch": int(NOW.timestamp()) + 1}
    found = await spans.read_entries(series.engine, [flooded.point_id, quiet.point_id], **bounds)
    assert sorted(each.opened_at for each in found if each.point_id == flooded.point_id) == sorted(days[:3])
    assert [each.opened_at for each in found if each.point_id == quiet.point_id] == [days[8]]
