"""A supplier's books in one file: half hours, days, and a receipt for each day whose digest they prove.

    python ledger_consumer.py CODE BOOKS.sqlite [--once]

The credential is in the environment (KAFKA_…). Offsets stand in the same SQLite transaction as what was read up to
them, so after any end, kill -9 included, start it again: nothing is lost and nothing is booked twice.
"""

import hashlib
import json
import os
import sqlite3
import sys
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

SCHEMA = """
create table if not exists offsets (topic text, partition int, next int, primary key (topic, partition));
create table if not exists slots (point text, start int, version int, cells text, primary key (point, start));
create table if not exists days (point text, day text, revision int, digest text, start int, slots int, contract text,
    booked_at real, answered text, primary key (point, day));
"""
CHANNELS = ("a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh")
PATIENCE_SECONDS = 600  # half hours and days come on two topics: a day may be here before its half hours


def book_block(books: sqlite3.Connection, block: dict[str, Any]) -> None:
    """Keep the highest version of each half hour; an equal one is a repeat."""
    for i, quality in enumerate(block["quality"]):
        if quality != "GAP":
            cells = (*(block[channel][i] for channel in CHANNELS), quality, block["flags"][i], block["ratio"])
            books.execute(
                "insert into slots values (?, ?, ?, ?) on conflict do update set version = excluded.version,"
                " cells = excluded.cells where excluded.version > version",
                (block["point_id"], epoch(block) + i * block["step_seconds"], block["versions"][i], joined(cells)),
            )


def book_day(books: sqlite3.Connection, day: dict[str, Any]) -> None:
    """Keep the highest revision of each day; it has still to be answered."""
    books.execute(
        "insert into days values (?, ?, ?, ?, ?, ?, ?, ?, null) on conflict do update set revision = excluded.revision,"
        " digest = excluded.digest, booked_at = excluded.booked_at, answered = null where excluded.revision > revision",
        (
            *(day[name] for name in ("point_id", "day", "revision", "digest")),
            *(epoch(day), len(day["quality"]), day["contract_number"] or "-", time.time()),
        ),
    )


def own_digest(books: sqlite3.Connection, point: str, day: str, start: int, slots: int) -> str:
    """Compute a day's digest from the half hours in these books."""
    times = range(start, start + slots * 1800, 1800)
    rows = books.execute("select start, cells from slots where point = ? and start between ? and ?",
                         (point, times[0], times[-1]))  # fmt: skip
    held = dict(rows)
    lines = [f"halfhour-day-1|{point}|{day}", *(f"{at}|{held.get(at, '||||GAP|0|')}" for at in times)]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def answer(books: sqlite3.Connection, producer: Producer, inbox: str) -> None:
    """Send a receipt for each day whose digest our own half hours give, or which has waited long enough for them."""
    for point, day, revision, digest, start, slots, contract, booked_at in books.execute(
        "select point, day, revision, digest, start, slots, contract, booked_at from days where answered is null"
    ).fetchall():
        own = own_digest(books, point, day, start, slots)
        if own == digest or time.time() - booked_at > PATIENCE_SECONDS:
            receipt = {"kind": "day_receipt", "point_id": point, "day": day, "revision": revision, "digest": own}
            document = {"document_id": f"day-{point}-{day}-{revision}", "version": int(time.time()), "body": receipt}
            headers = {"ce_specversion": "1.0", "ce_id": uuid4().hex, "ce_source": "/billing", "ce_type": "receipt",
                       "ce_dataschema": f"urn:halfhour:{inbox}:1"}  # fmt: skip
            value = json.dumps(document | {"contract_number": contract})
            producer.produce(inbox, value, key=contract, headers=list(headers.items()))
            producer.flush()
            with books:
                books.execute("update days set answered = ? where point = ? and day = ?", (own, point, day))


def epoch(message: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(message["start"]).timestamp())


def joined(cells: tuple[Any, ...]) -> str:
    return "|".join("" if cell is None else str(cell) for cell in cells)


def main(code: str, path: str, *, once: bool) -> None:
    """Read for ever, or with `once` up to the present end of both topics."""
    intervals, days, inbox = (f"supplier-{code}-{what}-v1" for what in ("intervals", "days", "inbox"))
    held = os.environ  # noqa: TID251 -- a program of its own
    names = {"BOOTSTRAP_SERVERS", "SECURITY_PROTOCOL", "SASL_MECHANISM"}
    options = {name.lower().replace("_", "."): held[f"KAFKA_{name}"] for name in names}
    options |= {"sasl.username": held["KAFKA_USERNAME"], "sasl.password": held["KAFKA_PASSWORD"]}
    group = {"group.id": held["KAFKA_GROUP_PREFIX"] + "ledger", "enable.auto.commit": False}
    consumer, producer = Consumer({**options, **group, "auto.offset.reset": "earliest"}), Producer(options)
    books = sqlite3.connect(path)
    books.executescript(SCHEMA)
    known = {(topic, number): offset for topic, number, offset in books.execute("select * from offsets")}
    parts = [
        TopicPartition(name, number, known.get((name, number), OFFSET_BEGINNING))
        for name in (intervals, days)
        for number in consumer.list_topics(name, timeout=30).topics[name].partitions
    ]
    consumer.assign(parts)
    ends = {(part.topic, part.partition): consumer.get_watermark_offsets(part, timeout=30) for part in parts}
    while True:
        with books:  # one transaction: what was read, and up to where
            for record in consumer.consume(500, timeout=1.0):
                if record.error():
                    raise KafkaException(record.error())
                (book_block if record.topic() == intervals else book_day)(books, json.loads(record.value() or b""))
                known[record.topic(), record.partition()] = after = (record.offset() or 0) + 1
                books.execute(
                    "insert or replace into offsets values (?, ?, ?)", (record.topic(), record.partition(), after)
                )
        answer(books, producer, inbox)
        if once and all(max(known.get(part, low), low) >= end for part, (low, end) in ends.items()):
            break
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], once="--once" in sys.argv)
