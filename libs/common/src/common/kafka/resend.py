"""Sends dead letters back to the topic that they came from, after the mend. Readers know repeats by their keys.

Each reason has a reader's position of its own, kept in the log, so that what was sent back is not sent again.
"""

from collections.abc import Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from common.kafka.connection import connection_options, new_consumer
from common.kafka.publisher import Publisher, RawRecord
from common.kafka.topic import Topic
from common.logging import get_logger
from common.settings import KafkaSettings

log = get_logger(__name__)

RECORDS_A_POLL: Final = 500
MARK: Final = "dlt_"
EVERY_REASON: Final = "every-reason"


async def resend(settings: KafkaSettings, topic: Topic[Any], *, reason: str | None, limit: int) -> int:
    """Send back up to `limit` letters refused for `reason`, or for any; return how many.

    Only those that lie there now, in their order; a letter that is refused again comes after them. A kill in between
    sends some twice. The credential must read the dead-letter topic and write the other. Raises KafkaError or Busy.
    """
    group = f"dead-letters-{topic.name}-{reason or EVERY_REASON}"
    consumer = new_consumer(settings, group_id=group)
    publisher = Publisher(settings, max_request_bytes=2 * topic.max_message_bytes)
    try:
        await consumer.start()
        partitions = [
            TopicPartition(topic.dead_letter_name, number)
            for number in await _partitions(settings, topic.dead_letter_name)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        sent = 0
        for partition in partitions:
            sent += await _resend(consumer, publisher, partition, ends[partition], reason, limit - sent)
        log.info("dead_letters.sent_back", topic=topic.name, reason=reason, letters=sent)
        return sent
    finally:
        await publisher.close()
        await consumer.stop()


async def _partitions(settings: KafkaSettings, name: str) -> Sequence[int]:
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await admin.start()
    try:
        (found,) = await admin.describe_topics([name])
        return sorted(each["partition"] for each in found["partitions"])
    finally:
        await admin.close()


async def _resend(
    consumer: Any, publisher: Publisher, partition: TopicPartition, end: int, reason: str | None, limit: int
) -> int:
    sent = 0
    while sent < limit and await consumer.position(partition) < end:
        found = await consumer.getmany(partition, timeout_ms=1_000, max_records=RECORDS_A_POLL)
        letters: list[RawRecord] = []
        position = await consumer.position(partition)
        for record in found.get(partition, ()):
            if record.offset >= end or sent + len(letters) == limit:
                position = record.offset
                break
            if reason is None or _reason(record) == reason:
                letters.append(_as_it_was(record))
        await publisher.send_raw(letters)
        sent += len(letters)
        consumer.seek(partition, position)
        await consumer.commit({partition: position})
    return sent


def _reason(record: "ConsumerRecord[bytes, bytes]") -> str:
    return next((value.decode() for name, value in record.headers if name == "dlt_reason"), "")


def _as_it_was(record: "ConsumerRecord[bytes, bytes]") -> RawRecord:
    origin = next(value.decode() for name, value in record.headers if name == "dlt_topic")
    headers = [(name, value) for name, value in record.headers if not name.startswith(MARK)]
    return origin, record.value, record.key, headers
