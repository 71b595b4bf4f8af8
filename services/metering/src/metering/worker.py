"""The work beside requests: the bulk pipelines, the small subscriptions, the outbox relay, the registry in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from common.accesses import tell_accesses
from common.http import idempotency
from common.kafka.dead_letters import DeadLetters
from common.kafka.publisher import Publisher
from common.kafka.subscribe import Subscriptions
from common.kafka.topic import Topic
from common.outbox import OutboxRelay
from metering import edits
from metering.closing import estimation
from metering.closing.estimation import Estimator
from metering.closing.ledger import DayMarks, Ledger
from metering.closing.review import Review
from metering.domain.interval_columns import INTERVAL_COLUMNS
from metering.handlers import subscribe_all
from metering.pipeline.chain import Limits, Pipeline, Prepare, kafka_consumer
from metering.pipeline.steps import Steps
from metering.resources import Resources
from metering.settlement import billed, held, inbox, replay
from metering.settlement.held import HeldDays
from metering.watches import max_power, watch, zones
from topics.accesses import METERING_ACCESSES, told
from topics.poller import INSTANT_VALUES, JOURNAL_ENTRIES, REGISTER_SNAPSHOTS

Worker = Callable[[Resources], Awaitable[None]]

INTERVALS_GROUP = "metering-intervals"
REGISTERS_GROUP = "metering-registers"
INSTANTS_GROUP = "metering-instants"
JOURNALS_GROUP = "metering-journals"


class Workers:
    """The workers of one process; `alive` says whether every pipeline still polls."""

    def __init__(self, *, stuck_after_seconds: float) -> None:
        self._stuck_after_seconds = stuck_after_seconds
        self._pipelines: list[Pipeline[Any]] = []

    def all(self) -> Sequence[Worker]:
        pipelines = (self.intervals, self.registers, self.instants, self.journals)
        return (
            self.follow_registry,
            *pipelines,
            self.close_days,
            self.edits,
            self.estimates,
            self.inboxes,
            self.replays,
            self.release_held,
            self.mark_billed,
            self.watch,
            self.watch_zones,
            self.watch_power,
            self.settle_power,
            self.forget_keys,
            self.subscriptions,
            self.accesses,
            self.relay,
        )

    def alive(self) -> bool:
        return all(pipeline.idle_seconds() < self._stuck_after_seconds for pipeline in self._pipelines)

    async def follow_registry(self, resources: Resources) -> None:
        await resources.registry.run()

    async def intervals(self, resources: Resources) -> None:
        await self._run(resources, INTERVAL_COLUMNS, _steps(resources).intervals, group=INTERVALS_GROUP)

    async def registers(self, resources: Resources) -> None:
        await self._run(resources, REGISTER_SNAPSHOTS, _steps(resources).registers, group=REGISTERS_GROUP)

    async def instants(self, resources: Resources) -> None:
        await self._run(resources, INSTANT_VALUES, _steps(resources).instants, group=INSTANTS_GROUP)

    async def journals(self, resources: Resources) -> None:
        await self._run(resources, JOURNAL_ENTRIES, _steps(resources).journals, group=JOURNALS_GROUP)

    async def close_days(self, resources: Resources) -> None:
        fill = Estimator(
            resources.settings,
            engine=resources.engine,
            store=resources.store.engine,
            registry=resources.registry,
        )
        ledger = Ledger(
            resources.settings,
            engine=resources.engine,
            review=Review(engine=resources.engine, store=resources.store.engine, fill=fill),
            registry=resources.registry,
            clock=resources.clock,
        )
        await ledger.run()

    async def edits(self, resources: Resources) -> None:
        await edits.run(resources, _steps(resources))

    async def estimates(self, resources: Resources) -> None:
        await estimation.look_again(resources.engine, resources.clock)

    async def inboxes(self, resources: Resources) -> None:
        await inbox.consume(resources)

    async def replays(self, resources: Resources) -> None:
        await replay.run(resources, _own_publisher)

    async def release_held(self, resources: Resources) -> None:
        await held.run(resources)

    async def mark_billed(self, resources: Resources) -> None:
        await billed.run(resources)

    async def watch_zones(self, resources: Resources) -> None:
        await zones.run(resources)

    async def watch_power(self, resources: Resources) -> None:
        await max_power.watch(resources)

    async def settle_power(self, resources: Resources) -> None:
        await max_power.settle(resources)

    async def watch(self, resources: Resources) -> None:
        await watch.run(resources)

    async def forget_keys(self, resources: Resources) -> None:
        await idempotency.forget_keys(resources.engine)

    async def subscriptions(self, resources: Resources) -> None:
        subscriptions = Subscriptions(resources.settings)
        await subscribe_all(subscriptions, resources.engine)
        await subscriptions.run()

    async def accesses(self, resources: Resources) -> None:
        await tell_accesses(resources.engine, METERING_ACCESSES, told)

    async def relay(self, resources: Resources) -> None:
        await OutboxRelay(resources.settings).run()

    async def _run(
        self,
        resources: Resources,
        topic: Topic[Any],
        prepare: Prepare[Any],
        *,
        group: str,
    ) -> None:
        await resources.registry.loaded()
        settings = resources.settings

        async def send(name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
            await resources.publisher.send_raw([(name, value, key, headers)])

        pipeline: Pipeline[Any] = Pipeline(
            topic,
            prepare,
            open_consumer=partial(kafka_consumer, settings, topic, group=group),
            letters=DeadLetters(send, reader=group, limit=settings.dead_letters_in_a_row),
            limits=Limits(seconds=settings.collect_seconds, size_bytes=settings.collect_bytes),
        )
        self._pipelines.append(pipeline)
        await pipeline.run()


@asynccontextmanager
async def _own_publisher(resources: Resources) -> AsyncIterator[Resources]:
    """Give a worker a producer of its own: a failure stops a producer, and with it what others are sending."""
    publisher = Publisher(resources.settings)
    try:
        yield replace(resources, publisher=publisher)
    finally:
        await publisher.close()


def _steps(resources: Resources) -> Steps:
    return Steps(
        registry=resources.registry,
        store=resources.store,
        sender=resources.bulk,
        marks=DayMarks(resources.engine, settle_seconds=resources.settings.ledger_settle_seconds),
        held=HeldDays(resources.engine),
        clock=resources.clock,
    )
