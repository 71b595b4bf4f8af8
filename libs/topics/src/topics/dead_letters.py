"""`python -m topics resend-dead-letters`: for whoever administers the log. No service may read dead letters and write
the topic that they came from. Environment: KAFKA_BOOTSTRAP_SERVERS, KAFKA_USERNAME, KAFKA_PASSWORD.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from common.kafka.resend import resend
from common.settings import KafkaSettings
from topics import ALL

COMMAND: Final = "resend-dead-letters"
LIMIT: Final = 10_000

TOPICS: Final = {topic.name: topic for topic in ALL if topic.dead_lettered}


def main(arguments: Sequence[str], settings: KafkaSettings | None = None) -> int:
    """Send dead letters back and print how many these were."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("topic", choices=sorted(TOPICS), metavar="TOPIC", help="the topic that they came from")
    parser.add_argument("--reason", help="only those refused with this code, such as unknown_meter")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many, {LIMIT} if not said")
    chosen = parser.parse_args(arguments)
    sent = asyncio.run(
        resend(settings or KafkaSettings(), TOPICS[chosen.topic], reason=chosen.reason, limit=chosen.limit)
    )
    sys.stdout.write(f"{sent} dead letters were sent back to {chosen.topic}\n")
    return 0
