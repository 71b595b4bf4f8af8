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

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

SCHEMA = """
create table if not exists bills (period primary key);
create table if not exists offsets (topic, part, next, primary key (topic, part));
create table if not exists slots (point, start, version, cells, primary key (point, start));
create table if not exists days (point, day, revision, digest, first, last, told, seen_at, answered,
    primary key (point, day, revision));
create table if not exists due (point, day, look_at, primary key (point, day));
create view if not exists newest as select *, max(revision) from days group by point, day;
create view if not exists counted as select slots.* from slots join newest
    on newest.point = slots.point and slots.start between newest.first and newest.last;
create trigger if not exists day_told after insert on days begin
    insert or replace into due values (new.point, new.day, 0); end;
create trigger if not exists bills_made after insert on bills begin insert or replace into due
    select point, day, 0 from newest where json_extract(told, '$.lands_in_period') = new.period; end;
update due set look_at = 0;
"""
KEEP_SLOT = """insert into slots values (?, ?, ?, ?) on conflict do update set version = excluded.version,
    cells = excluded.cells where excluded.version > version"""
KEEP_DAY = "insert into days values (?, ?, ?, ?, ?, ?, ?, ?, null) on conflict do nothing"
LOOK = """select point, day, revision, digest || ifnull(period, ''), answered, ifnull(period, ''), digest,
    seen_at < ? and exists (select 1 from slots where slots.point = days.point and start <= first), first, last, told
    from (select point, day from due where look_at <= ? order by look_at limit ?) join days using (point, day)
    left join bills on period = json_extract(told, '$.lands_in_period')
    where revision = (select max(revision) from days as each where each.point = days.point and each.day = days.day)"""
LOOK_AGAIN = "update due set look_at = ? where point = ? and day = ?"
DONE = "delete from due where point = ? and day = ?"
ANSWERED = "update days set answered = ? where point = ? and day = ? and revision = ?"
CELLS = ("versions", "a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh", "quality", "flags")
SAID = ("channel", "register_difference_wh", "residual_wh", "tolerance_wh")
OPTIONS = ("bootstrap.servers", "security.protocol", "sasl.mechanism")
PATIENCE_SECONDS = 600  # half hours and days come on two topics: a day may be here before its half hours
AGAIN_SECONDS, A_TURN = 30, 500  # when a day that waits is looked at again, and how many days between two reads


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


def own_digest(books: sqlite3.Connection, first: int, last: int, value: str) -> str | None:
    """Compute a day's digest from the half hours in these books and what it says of registers; None: unknown form."""
    told = json.loads(value)
    asked = "select start, cells from slots where point = ? and start between ? and ?"
    held = dict(books.execute(asked, (told["point_id"], first, last)).fetchall())
    times = range(first, first + 1800 * len(told["quality"]), 1800)
    slots = [f"{at}|{held.get(at, '||||GAP|0|')}" for at in times]
    registers = [line(*(each[name] for name in SAID)) for each in told["sums"]] + [line(told["verdict"], told["cause"])]
    forms = {"halfhour-day-2": [*slots, *registers], "halfhour-day-1": slots}
    named = told.get("digest_form")  # of a message that is older than this name it is one of the two
    texts = [[line(form, told["point_id"], told["day"]), *forms[form], ""] for form in forms if named in (None, form)]
    found = [hashlib.sha256("\n".join(text).encode()).hexdigest() for text in texts]
    return told["digest"] if told["digest"] in found else found[0] if found else None


def receipt(key: list[Any], own: str, used: str, told: dict[str, Any]) -> dict[str, Any]:
    body = {"kind": "day_receipt", "digest": own, "used_in_period": used or None}
    body |= zip(("point_id", "day", "revision"), key, strict=True)
    document = {"document_id": "day-{}-{}-{}".format(*key), "version": time.time_ns() // 1_000, "body": body}
    return document | {"contract_number": told["contract_number"] or "-"}


def answer(books: sqlite3.Connection, producer: Producer, inbox: str) -> int:
    """Answer days that are due by their digest, in the end by another one; return how many were looked at."""
    now, head = time.time(), {"ce_dataschema": f"urn:halfhour:{inbox}:1"}
    looked = books.execute(LOOK, (now - PATIENCE_SECONDS, now, A_TURN)).fetchall()
    for *key, right, answered, used, digest, patient, first, last, value in looked:
        if answered == right:
            books.execute(DONE, key[:2])
            continue
        books.execute(LOOK_AGAIN, (now + AGAIN_SECONDS, *key[:2]))
        own = own_digest(books, first, last, value)
        if own is None or own + used == answered or (own != digest and not patient):
            continue
        document, row = receipt(key, own, used, json.loads(value)), (own + used, *key)
        note = lambda no, _, row=row: no or books.execute(ANSWERED, row)  # noqa: E731 -- once the log has taken it
        producer.produce(inbox, json.dumps(document), document["contract_number"], headers=head, on_delivery=note)
    books.commit()  # billing may write while the log is away
    with books:
        producer.flush()  # what the log has not taken is not noted, and goes out again
    return len(looked)


def main(code: str, path: str, *, once: bool) -> None:
    """Read for ever, or with `once` up to the present end of both topics."""
    env = os.environ  # noqa: TID251 -- a program of its own
    options = {name: env["KAFKA_" + name.upper().replace(".", "_")] for name in OPTIONS}
    options |= {"sasl.username": env["KAFKA_USERNAME"], "sasl.password": env["KAFKA_PASSWORD"]}
    group = {"group.id": f"supplier-{code}-ledger", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer, producer, books = Consumer(options | group), Producer(options), sqlite3.connect(path)
    topics = [consumer.list_topics(f"supplier-{code}-{what}-v1", timeout=30).topics for what in ("intervals", "days")]
    places = [(name, part) for found in topics for name, topic in found.items() for part in topic.partitions]
    kept = {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=30) for place in places}
    books.executescript(SCHEMA)
    read = {(topic, part): after for topic, part, after in books.execute("select * from offsets")}
    read = {place: max(read.get(place, 0), low) for place, (low, _) in kept.items()}
    consumer.assign([TopicPartition(*place, after) for place, after in read.items()])
    while True:
        with books:  # one transaction: what was read, and up to where
            for record in consumer.consume(500, timeout=1.0):
                if record.error():
                    raise KafkaException(record.error())
                book(books, (record.value() or b"").decode())
                read[record.topic(), record.partition()] = (record.offset() or 0) + 1
            books.executemany("insert or replace into offsets values (?, ?, ?)", [(*at, n) for at, n in read.items()])
        if any(read[place] < end for place, (_, end) in kept.items()):
            continue  # half hours of the days that were read may not have been read yet
        if answer(books, producer, f"supplier-{code}-inbox-v1") < A_TURN and once:
            return consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], once="--once" in sys.argv)
