"""A supplier's books in one file: half hours, days, and a receipt for each day by the digest that the books give.

    python ledger_consumer.py CODE BOOKS.sqlite [--once]

The credential is in the environment (KAFKA_…). Offsets stand in the same SQLite transaction as what was read up to
them, so after any end, kill -9 included, start it again: nothing is lost and nothing is booked twice. Make bills of
`counted`: the half hours of days that were told and not withdrawn. When those of a period are made, say so: insert its
first day into `bills`.
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
create table if not exists bills (period primary key);
create table if not exists offsets (topic, part, next, primary key (topic, part));
create table if not exists slots (point, start, version, cells, primary key (point, start));
create table if not exists days (point, day, revision, digest, first, last, told, seen_at, answered,
    primary key (point, day, revision));
create view if not exists newest as select *, max(revision) from days group by point, day;
create view if not exists counted as select slots.* from slots join newest
    on newest.point = slots.point and slots.start between newest.first and newest.last;
"""
KEEP_SLOT = """insert into slots values (?, ?, ?, ?) on conflict do update set version = excluded.version,
    cells = excluded.cells where excluded.version > version"""
KEEP_DAY = "insert or ignore into days values (?, ?, ?, ?, ?, ?, ?, ?, null)"
ANSWERED = "update days set answered = ? where point = ? and day = ? and revision = ?"
DUE = """select digest, seen_at, answered, ifnull(period, ''), first, last, told from newest
    left join bills on period = json_extract(told, '$.lands_in_period')
    where answered is not digest || ifnull(period, '')"""
CELLS = ("versions", "a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh", "quality", "flags")
SAID = ("channel", "register_difference_wh", "residual_wh", "tolerance_wh")
OPTIONS = ("bootstrap.servers", "security.protocol", "sasl.mechanism")
PATIENCE_SECONDS = 600  # half hours and days come on two topics: a day may be here before its half hours


def line(*cells: Any) -> str:
    return "|".join(["" if cell is None else str(cell) for cell in cells])


def book(books: sqlite3.Connection, value: str) -> Any:
    """Keep each revision of a day once, and of each half hour the highest version. A repeat changes nothing."""
    told = json.loads(value)
    point, start = told["point_id"], int(datetime.fromisoformat(told["start"]).timestamp())
    if "digest" in told:
        slots = len(told["quality"]) if told["slots_expected"] else 0  # nothing counts of a day that is withdrawn
        key, last = (point, told["day"], told["revision"], told["digest"]), start + 1800 * slots - 1
        return books.execute(KEEP_DAY, (*key, start, last, value, time.time()))
    rows = enumerate(zip(*(told[name] for name in CELLS), strict=True))
    known = [(point, start + 1800 * i, row[0], line(*row[1:], told["ratio"])) for i, row in rows if row[0]]  # 0: a gap
    return books.executemany(KEEP_SLOT, known)


def own_digest(books: sqlite3.Connection, first: int, last: int, value: str) -> str:
    """Compute a day's digest from the half hours in these books, and what the day says of its registers."""
    told = json.loads(value)
    asked = "select start, cells from slots where point = ? and start between ? and ?"
    held = dict(books.execute(asked, (told["point_id"], first, last)).fetchall())
    times = range(first, first + 1800 * len(told["quality"]), 1800)
    form = told.get("digest_form") or "halfhour-day-2"
    lines = [line(form, told["point_id"], told["day"]), *(f"{at}|{held.get(at, '||||GAP|0|')}" for at in times)]
    if form != "halfhour-day-1":  # in which registers were not covered
        lines += [line(*(each[name] for name in SAID)) for each in told["sums"]]
        lines += [line(told["verdict"], told["cause"])]
    return hashlib.sha256("\n".join([*lines, ""]).encode()).hexdigest()


def answer(books: sqlite3.Connection, producer: Producer, inbox: str) -> None:
    """Answer each day whose digest the books give, after a while with another; again when that or its bill changes."""
    for digest, seen_at, answered, used, *day in books.execute(DUE).fetchall():
        own, told = own_digest(books, *day), json.loads(day[-1])
        if own + used == answered or (own != digest and time.time() - seen_at < PATIENCE_SECONDS):
            continue
        body = {"kind": "day_receipt", "digest": own, "used_in_period": used or None}
        body |= {name: told[name] for name in ("point_id", "day", "revision")}
        key, contract = (told["point_id"], told["day"], told["revision"]), told["contract_number"] or "-"
        document = {"document_id": "day-{}-{}-{}".format(*key), "version": time.time_ns() // 1_000, "body": body}
        value, row = json.dumps(document | {"contract_number": contract}), (own + used, *key)
        head = {"ce_dataschema": f"urn:halfhour:{inbox}:1"}
        producer.produce(
            inbox, value, contract, headers=head, on_delivery=lambda no, _, row=row: no or books.execute(ANSWERED, row)
        )
    with books:
        producer.flush()  # what the log has not taken is not noted, and goes out again


def main(code: str, path: str, *, once: bool) -> None:
    """Read for ever, or with `once` up to the present end of both topics."""
    env = os.environ  # noqa: TID251 -- a program of its own
    options = {name: env["KAFKA_" + name.upper().replace(".", "_")] for name in OPTIONS}
    options |= {"sasl.username": env["KAFKA_USERNAME"], "sasl.password": env["KAFKA_PASSWORD"]}
    group = {"group.id": f"supplier-{code}-ledger", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer, producer, books = Consumer(options | group), Producer(options), sqlite3.connect(path)
    books.executescript(SCHEMA)
    read = {(topic, part): after for topic, part, after in books.execute("select * from offsets")}
    topics = [consumer.list_topics(f"supplier-{code}-{what}-v1", timeout=30).topics for what in ("intervals", "days")]
    places = [(name, part) for found in topics for name, topic in found.items() for part in topic.partitions]
    parts = [TopicPartition(*place, read.get(place, OFFSET_BEGINNING)) for place in places]
    consumer.assign(parts)
    ends = {place: consumer.get_watermark_offsets(part, timeout=30) for place, part in zip(places, parts, strict=True)}
    while True:
        with books:  # one transaction: what was read, and up to where
            for record in consumer.consume(500, timeout=1.0):
                if record.error():
                    raise KafkaException(record.error())
                book(books, (record.value() or b"").decode())
                read[record.topic(), record.partition()] = (record.offset() or 0) + 1
            books.executemany("insert or replace into offsets values (?, ?, ?)", [(*at, n) for at, n in read.items()])
        answer(books, producer, f"supplier-{code}-inbox-v1")
        if once and all(max(read.get(place, low), low) >= end for place, (low, end) in ends.items()):
            return consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], once="--once" in sys.argv)
