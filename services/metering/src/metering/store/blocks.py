"""What is checked, as blocks of the store's columns, and what the store answers, as objects again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from metering.domain.intervals import CHANNELS, NUMBER, Bools, CheckedBlocks, Ints
from metering.domain.journals import StoredEntry
from metering.domain.own_versions import OwnVersion
from metering.domain.registers import StoredSnapshot
from metering.store import native
from metering.store.native import Column, NativeBlock
from topics.quality import RANK_FACTOR

# Numbers of the enum of sources: read from a meter, or made here by a rule, an estimate or a person.
METER: Final = 1
PORTAL: Final = 2

# Instants leave as numbers: the embedded engine drops the zone of a DateTime on its way out.
SNAPSHOT_COLUMNS: Final = (
    "point_id, meter_id, toUnixTimestamp64Milli(at) AS at_milliseconds, zones, channels, values_wh,"
    " toUnixTimestamp(meter_time) AS meter_epoch, drift_seconds, hex(frames_sha256) AS sha256"
)
ENTRY_COLUMNS: Final = (
    "point_id, meter_id, journal, part, toUnixTimestamp(meter_opened) AS meter_opened_epoch,"
    " toUnixTimestamp(meter_closed) AS meter_closed_epoch, toUnixTimestamp(opened_at) AS opened_epoch,"
    " toUnixTimestamp(closed_at) AS closed_epoch, raw, version,"
    " concat(journal, '.', toString(part), '.', formatDateTime(meter_opened, '%Y%m%dT%H%i%S'), '.',"
    " replaceAll(toString(meter_id), '-', '')) AS entry_id"
)


def interval_block(checked: CheckedBlocks, stored_at: datetime) -> NativeBlock:
    """The slots of a batch that are stored."""
    slots, rows = checked.slots, np.flatnonzero(checked.slots.stored)
    counts = np.array([piece.last - piece.first for piece in checked.pieces], np.int64)
    if len(rows) != len(slots.stored):
        slots = slots.of(rows)
        counts = np.diff(np.searchsorted(rows, np.append(0, np.cumsum(counts))))
    places = [piece.installed for piece in checked.pieces]
    return _intervals(
        point_id=np.repeat(native.ids([place.point_id for place in places]), counts, axis=0),
        starts=slots.starts,
        versions=slots.versions,
        energies=slots.energies,
        known=slots.known,
        quality=slots.quality,
        flags=slots.flags,
        meter_id=np.repeat(native.ids([place.meter_id for place in places]), counts, axis=0),
        ratios=np.repeat(np.array([place.ratio for place in places], np.uint32), counts),
        source=METER if checked.blocks else PORTAL,
        stored_at=stored_at,
    )


def own_block(values: Sequence[OwnVersion], stored_at: datetime) -> NativeBlock:
    """Versions that are made here."""
    energies = np.array([[value or 0 for value in each.energies] for each in values], np.int64)
    known = np.array([[value is not None for value in each.energies] for each in values], np.bool_)
    return _intervals(
        point_id=native.ids([each.point_id for each in values]),
        starts=np.array([each.start for each in values], np.int64),
        versions=np.array([each.version for each in values], np.int64),
        energies=energies.reshape(-1, len(CHANNELS)).T,
        known=known.reshape(-1, len(CHANNELS)).T,
        quality=np.array([NUMBER[each.quality] for each in values], np.int64),
        flags=np.array([each.flags for each in values], np.int64),
        meter_id=native.ids([each.meter_id for each in values]),
        ratios=np.array([each.ratio for each in values], np.uint32),
        source=PORTAL,
        stored_at=stored_at,
    )


def _intervals(
    *,
    point_id: native.Ids,
    starts: Ints,
    versions: Ints,
    energies: Ints,
    known: Bools,
    quality: Ints,
    flags: Ints,
    meter_id: native.Ids,
    ratios: npt.NDArray[np.uint32],
    source: int,
    stored_at: datetime,
) -> NativeBlock:
    """The columns of `intervals`, wherever the values are from."""
    columns = {
        "point_id": Column("UUID", point_id),
        "start": Column("DateTime('UTC')", starts.astype(np.uint32)),
        "version": Column("UInt64", versions.astype(np.uint64)),
    }
    for channel, values, there in zip(CHANNELS, energies, known, strict=True):
        columns[channel] = Column("Nullable(Int32)", values.astype(np.int32), ~there)
    columns |= {
        "quality": Column("Int8", quality.astype(np.int8)),
        "flags": Column("UInt8", flags.astype(np.uint8)),
        "meter_id": Column("UUID", meter_id),
        "ratio": Column("UInt32", ratios),
        "source": Column("Int8", np.full(len(starts), source, np.int8)),
        "stored_after_seconds": Column("Int32", _stored_after(versions, stored_at)),
    }
    return native.block_of(columns, num_rows=len(starts))


def _stored_after(versions: Ints, stored_at: datetime) -> npt.NDArray[np.int32]:
    """A column of how long after the reading or decision in its version each value was stored."""
    seconds = int(stored_at.timestamp()) - versions % RANK_FACTOR
    return np.clip(seconds, -(2**31), 2**31 - 1).astype(np.int32)


def register_block(snapshots: Sequence[StoredSnapshot], stored_at: datetime) -> Any:
    """Snapshots, one row each."""
    columns = {
        "point_id": pa.array([str(each.point_id) for each in snapshots], pa.string()),
        "at": pa.array([each.at for each in snapshots], pa.timestamp("ms", "UTC")),
        "meter_id": pa.array([str(each.meter_id) for each in snapshots], pa.string()),
        "zones": pa.array([each.zones for each in snapshots], pa.list_(pa.string())),
        "channels": pa.array([each.channels for each in snapshots], pa.list_(pa.string())),
        "values_wh": pa.array([each.values_wh for each in snapshots], pa.list_(pa.int64())),
        "meter_time": _instants([each.meter_time for each in snapshots]),
        "drift_seconds": pa.array([each.drift_seconds for each in snapshots], pa.float64()),
        "frames_sha256": pa.array([bytes.fromhex(each.frames_sha256) for each in snapshots], pa.binary(32)),
        "stored_at": _instants([stored_at] * len(snapshots)),
    }
    return pa.table(columns)


def journal_block(entries: Sequence[StoredEntry], stored_at: datetime) -> Any:
    """Journal entries, one row each."""
    columns = {
        "point_id": pa.array([str(each.point_id) for each in entries], pa.string()),
        "meter_opened": _instants([each.meter_opened for each in entries]),
        "journal": pa.array([each.journal for each in entries], pa.string()),
        "part": pa.array([each.part for each in entries], pa.uint8()),
        "meter_id": pa.array([str(each.meter_id) for each in entries], pa.string()),
        "meter_closed": _instants([each.meter_closed for each in entries]),
        "opened_at": _instants([each.opened_at for each in entries]),
        "closed_at": _instants([each.closed_at for each in entries]),
        "raw": pa.array([each.raw for each in entries], pa.string()),
        "version": pa.array([each.version for each in entries], pa.uint64()),
        "stored_at": _instants([stored_at] * len(entries)),
    }
    return pa.table(columns)


def snapshot(row: dict[str, Any]) -> StoredSnapshot:
    """Read a row of SNAPSHOT_COLUMNS."""
    return StoredSnapshot(
        point_id=row["point_id"],
        meter_id=row["meter_id"],
        at=instant(0) + timedelta(milliseconds=row["at_milliseconds"]),
        zones=row["zones"],
        channels=row["channels"],
        values_wh=row["values_wh"],
        meter_time=_digits(row["meter_epoch"]),
        drift_seconds=row["drift_seconds"],
        frames_sha256=row["sha256"].lower(),
    )


def entry(row: dict[str, Any]) -> StoredEntry:
    """Read a row of ENTRY_COLUMNS."""
    return StoredEntry(
        point_id=row["point_id"],
        meter_id=row["meter_id"],
        journal=row["journal"],
        part=row["part"],
        meter_opened=instant(row["meter_opened_epoch"]).replace(tzinfo=None),
        meter_closed=_digits(row["meter_closed_epoch"]),
        opened_at=instant(row["opened_epoch"]),
        closed_at=None if row["closed_epoch"] is None else instant(row["closed_epoch"]),
        raw=row["raw"],
        version=row["version"],
    )


def instant(epoch: int) -> datetime:
    """Return the instant of UTC seconds."""
    return datetime.fromtimestamp(epoch, UTC)


def milliseconds(at: datetime | None) -> int:
    """Return an instant as the store compares it; None is later than all."""
    return 2**42 if at is None else int(at.timestamp() * 1000)


def _digits(epoch: int | None) -> datetime | None:
    """Return the meter's own time whose digits were stored."""
    return None if epoch is None else instant(epoch).replace(tzinfo=None)


def _instants(values: Sequence[datetime | None]) -> Any:
    """A column of UTC seconds; a naive time is the meter's own and is stored by its digits."""
    return pa.array(
        [
            None if value is None else int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
            for value in values
        ],
        pa.uint32(),
    )
