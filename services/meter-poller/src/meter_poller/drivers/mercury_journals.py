"""The journals of the Mercury family as data, and their records as entries. Pure.

Source: maker's description 12.2020, 2.5.2 to 2.5.16. A record has no id: the ring slot and the content are it.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from meter_poller.drivers.mercury_frames import journal_date, journal_time
from meter_poller.drivers.mercury_profile import to_utc
from topics.poller import JournalEntry

EVENTS = (*range(0x01, 0x1B), *range(0x80, 0x87))
POWER_QUALITY = tuple(range(0x20, 0x30))
REPROGRAMMING = 0x13
STATE_WORD = 0x14
ONE_TIME = frozenset((0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x15, 0x16))

EVENT_RING = 10
BLOCK_RECORDS = 20
BLOCKS = (0xFE, 0xFD, 0xFC, 0xFB, 0xFA)
TIME_BYTES = 6


def record_bytes(journal: int) -> int:
    """Return the size of one record."""
    return TIME_BYTES if journal in ONE_TIME else 2 * TIME_BYTES


def split_records(journal: int, data: bytes) -> list[bytes]:
    """Return the records of a reply that carries several."""
    size = record_bytes(journal)
    return [data[at : at + size] for at in range(0, len(data), size)]


def is_empty(journal: int, record: bytes) -> bool:
    """Tell whether the ring slot was never written: its first time is not set."""
    return _opened(journal, record) is None


def entry(journal: int, slot: int, record: bytes, zone: ZoneInfo) -> JournalEntry | None:
    """Return the record as an entry, or None for an empty ring slot.

    A second time that is not set means that the entry is still open. An ambiguous hour is taken as its
    first pass: records do not say the season.
    """
    opened = _opened(journal, record)
    if opened is None:
        return None
    closed = None
    if journal not in ONE_TIME and journal not in {REPROGRAMMING, STATE_WORD}:
        closed = journal_time(record[TIME_BYTES:])
    return JournalEntry(
        journal=f"{journal:02X}",
        slot=slot,
        opened=opened,
        closed=closed,
        opened_at=to_utc(opened, zone, winter=False),
        closed_at=None if closed is None else to_utc(closed, zone, winter=False),
        raw=record.hex(),
    )


def _opened(journal: int, record: bytes) -> datetime | None:
    return journal_date(record) if journal == REPROGRAMMING else journal_time(record)
