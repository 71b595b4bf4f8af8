"""Every topic, declared once. Creation, access rights, schemas and documents derive from here.

`ALL` are the topics that always exist; `supplier_topics(code)` are the streams of one supplier.
"""

from typing import Any

from common.kafka.topic import Topic
from topics.accesses import METERING_ACCESSES, TICKETS_ACCESSES
from topics.auth import LETTERS, USERS
from topics.contracts import CONTRACT_LETTERS, CONTRACTS, LINKS
from topics.inbox import supplier_inbox
from topics.metering import ALARMS, ENDPOINTS
from topics.notify import LETTER_REQUESTS
from topics.poller import (
    CURSORS,
    INSTANT_VALUES,
    INTERVAL_BLOCKS,
    JOURNAL_ENTRIES,
    LINK_STATES,
    METER_LIMITS,
    REGISTER_SNAPSHOTS,
)
from topics.supplier import supplier_days, supplier_intervals
from topics.tickets import TICKETS

ALL: tuple[Topic[Any], ...] = (
    INTERVAL_BLOCKS,
    REGISTER_SNAPSHOTS,
    INSTANT_VALUES,
    JOURNAL_ENTRIES,
    LINK_STATES,
    METER_LIMITS,
    CURSORS,
    ENDPOINTS,
    ALARMS,
    CONTRACTS,
    LINKS,
    CONTRACT_LETTERS,
    USERS,
    LETTERS,
    LETTER_REQUESTS,
    TICKETS,
    METERING_ACCESSES,
    TICKETS_ACCESSES,
)


def supplier_topics(code: str) -> tuple[Topic[Any], ...]:
    """Return every topic of the supplier with this code."""
    return (supplier_intervals(code), supplier_days(code), supplier_inbox(code))


__all__ = [
    "ALARMS",
    "ALL",
    "CONTRACTS",
    "CONTRACT_LETTERS",
    "CURSORS",
    "ENDPOINTS",
    "INSTANT_VALUES",
    "INTERVAL_BLOCKS",
    "JOURNAL_ENTRIES",
    "LETTERS",
    "LETTER_REQUESTS",
    "LINKS",
    "LINK_STATES",
    "METERING_ACCESSES",
    "METER_LIMITS",
    "REGISTER_SNAPSHOTS",
    "TICKETS",
    "TICKETS_ACCESSES",
    "USERS",
    "supplier_days",
    "supplier_inbox",
    "supplier_intervals",
    "supplier_topics",
]
