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

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

SCHEMA = """
create table if not exists offsets (topic, part, next, primary key (topic, part));
create table if not exists slots (point, start, version, cells, primary key (point, start));
create table if not exists days (point, day, revision, digest, start, slots, registers, contract, lands_in, seen_at,
    answered, primary key (point, day, revision));
create view if not exists newest as select *, max(revision) from days group by point, day;
"""
SAID = ("channel", "register_difference_wh", "residual_wh", "tolerance_wh")
CHANNELS = ("a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh")
HELD = ("BOOTSTRAP_SERVERS", "SECURITY_PROTOCOL", "SASL_MECHANISM")
PATIENCE_SECONDS = 600  # half hours and days come on two topics: a day may be here before its half hours


def line(*cells: Any) -> str:
    """Write cells as a line of the digest's canonical form."""
    return "|".join("" if cell is None else str(cell) for cell in cells)


def book(books: sqlite3.Connection, message: dict[str, Any]) -> None:
    """Keep each revision of a day once, and of each half hour the highest version. A repeat changes nothing."""
    start = int(datetime.fromisoformat(message["start"]).timestamp())
    if "digest" in message:
        day = [message[name] for name in ("point_id", "day", "revision", "digest")]
        said = [line(*(each[name] for name in SAID)) for each in message["sums"]]
        registers = "\n".join([*said, line(message["verdict"], message["cause"])])
        rest = (message["contract_number"] or "-", message.get("lands_in_period"), time.time())
        row = (*day, start, len(message["quality"]), registers, *rest)
        books.execute("insert or ignore into days values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)", row)
        return
    for i, quality in enumerate(message["quality"]):
        cells = (*(message[channel][i] for channel in CHANNELS), quality, message["flags"][i], message["ratio"])
        text = line(*cells)
        if quality != "GAP":
            books.execute(
                "insert into slots values (?, ?, ?, ?) on conflict do update set version = excluded.version,"
                " cells = excluded.cells where excluded.version > version",
                (message["point_id"], start + i * 1800, message["versions"][i], text),
            )


def own_digest(books: sqlite3.Connection, point: str, day: str, start: int, slots: int, registers: str) -> str:
    """Compute a day's digest from the half hours in these books, and what the day says of its registers."""
    times = range(start, start + slots * 1800, 1800)
    where = "select start, cells from slots where point = ? and start between ? and ?"
    held = dict(books.execute(where, (point, times[0], times[-1])).fetchall())
    lines = [f"halfhour-day-2|{point}|{day}", *(f"{at}|{held.get(at, '||||GAP|0|')}" for at in times), registers]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def answer(books: sqlite3.Connection, producer: Producer, inbox: str) -> None:
    """Send a receipt for each day whose digest our own half hours give, or which has waited long enough for them."""
    due = "revision, digest, contract, seen_at from newest where answered is null"
    asked = f"select point, day, start, slots, registers, {due}"
    for *day, revision, digest, contract, seen_at in books.execute(asked).fetchall():
        own = own_digest(books, *day)
        if own == digest or time.time() - seen_at > PATIENCE_SECONDS:
            body = {"kind": "day_receipt", "point_id": day[0], "day": day[1], "revision": revision, "digest": own}
            document = {"contract_number": contract, "document_id": f"day-{day[0]}-{day[1]}-{revision}", "body": body}
            value = json.dumps(document | {"version": int(time.time())})
            producer.produce(inbox, value, key=contract, headers={"ce_dataschema": f"urn:halfhour:{inbox}:1"})
            producer.flush()
            with books:
                key = (own, day[0], day[1], revision)
                books.execute("update days set answered = ? where point = ? and day = ? and revision = ?", key)


def main(code: str, path: str, *, once: bool) -> None:
    """Read for ever, or with `once` up to the present end of both topics."""
    held = os.environ  # noqa: TID251 -- a program of its own
    options = {name.lower().replace("_", "."): held[f"KAFKA_{name}"] for name in HELD}
    options |= {"sasl.username": held["KAFKA_USERNAME"], "sasl.password": held["KAFKA_PASSWORD"]}
    group = {"group.id": held["KAFKA_GROUP_PREFIX"] + "ledger", "enable.auto.commit": False}
    consumer, producer, books = Consumer(options | group), Producer(options), sqlite3.connect(path)
    books.executescript(SCHEMA)
    read = {(topic, part): after for topic, part, after in books.execute("select * from offsets")}
    parts = [
        TopicPartition(name, part, read.get((name, part), OFFSET_BEGINNING))
        for name in (f"supplier-{code}-intervals-v1", f"supplier-{code}-days-v1")
        for part in consumer.list_topics(name, timeout=30).topics[name].partitions
    ]
    consumer.assign(parts)
    ends = {(part.topic, part.partition): consumer.get_watermark_offsets(part, timeout=30) for part in parts}
    while True:
        with books:  # one transaction: what was read, and up to where
            for record in consumer.consume(500, timeout=1.0):
                if record.error():
                    raise KafkaException(record.error())
                book(books, json.loads(record.value() or b""))
                read[record.topic(), record.partition()] = (record.offset() or 0) + 1
            books.executemany("insert or replace into offsets values (?, ?, ?)", [(*at, n) for at, n in read.items()])
        answer(books, producer, f"supplier-{code}-inbox-v1")
        if once and all(max(read.get(part, low), low) >= end for part, (low, end) in ends.items()):
            return consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], once="--once" in sys.argv)
