"""What each bulk topic does with a batch: check it, write it in one insert, send half hours on to their suppliers."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import chain
from typing import Any, Final, Protocol, TypeVar

from common.clock import Clock
from common.errors import Busy
from common.kafka.publisher import RawRecord
from metering.domain.instants import CheckedInstants, check_instants
from metering.domain.interval_columns import IntervalColumns
from metering.domain.intervals import CheckedBlocks, check_blocks
from metering.domain.journals import CheckedEntries, StoredEntry, check_journals
from metering.domain.own_versions import OwnVersion, as_batch
from metering.domain.registers import CheckedSnapshots, StoredSnapshot, check_snapshots
from metering.domain.registry import Registry
from metering.domain.supplier_stream import supplier_texts
from metering.metrics import HELD_MESSAGES
from metering.pipeline.chain import Finish, Refusals
from metering.pipeline.shown import show
from metering.store.instants import insert_instants
from metering.store.telemetry import Store
from topics.poller import InstantValues, JournalBlock, RegisterSnapshot
from topics.supplier import supplier_intervals

# Refusals that a newer registry may undo: a meter may be polled before its installation is known here.
NOT_IN_REGISTRY: Final = frozenset({"unknown_meter", "wrong_serial", "not_installed", "supplier_mismatch"})


class Sender(Protocol):
    """Sends encoded records and returns when the broker has them; raises Busy if it has not."""

    async def send_raw(self, records: Sequence[RawRecord]) -> None: ...


class Registries(Protocol):
    """Gives the newest registry snapshot, and looks again for what is not in it (True if it has)."""

    def current(self) -> Registry: ...

    async def refreshed(self) -> bool: ...


class Marks(Protocol):
    """Remembers which days of the ledger a batch may have changed; raises Busy if it cannot."""

    async def blocks_stored(self, checked: CheckedBlocks, *, now: datetime) -> None: ...

    async def snapshots_stored(
        self, snapshots: Sequence[StoredSnapshot], registry: Registry, *, now: datetime
    ) -> None: ...

    async def entries_are_new(self, entries: Sequence[StoredEntry], registry: Registry, *, now: datetime) -> None: ...


class Holds(Protocol):
    """Remembers what was stored of suppliers whose streams are not there; raises Busy if it cannot."""

    async def hold(self, checked: CheckedBlocks, codes: frozenset[str], *, now: datetime) -> None: ...


class _Checked(Protocol):
    @property
    def refused(self) -> Refusals: ...


C = TypeVar("C", bound=_Checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps over one store. Each batch is checked against one registry snapshot.

    What takes processor time runs in a thread: a large batch must hold up neither requests nor Kafka's heartbeats.
    """

    registry: Registries
    store: Store
    sender: Sender
    marks: Marks
    held: Holds
    clock: Clock

    async def intervals(self, blocks: Sequence[IntervalColumns], logged: Sequence[int]) -> Finish:
        """Check half hours, to store them and send them on as stored. A repeat stores and sends the same versions."""
        return partial(self._store_intervals, await self._checked(check_blocks, blocks), logged)

    async def registers(self, snapshots: Sequence[RegisterSnapshot], _: Sequence[int]) -> Finish:
        return partial(self._store_registers, await self._checked(check_snapshots, snapshots))

    async def journals(self, blocks: Sequence[JournalBlock], _: Sequence[int]) -> Finish:
        return partial(self._store_journals, await self._checked(check_journals, blocks))

    async def instants(self, messages: Sequence[InstantValues], _: Sequence[int]) -> Finish:
        return partial(self._store_instants, await self._checked(check_instants, messages))

    async def _store_instants(self, checked: CheckedInstants) -> Refusals:
        await insert_instants(self.store.engine, checked.instants, stored_at=self._now())
        return checked.refused

    async def _store_intervals(self, checked: CheckedBlocks, logged: Sequence[int]) -> Refusals:
        now = self._now()
        await self._put(checked, now)
        show(checked, logged, without=self.registry.current().without_streams, stored_at=now, clock=self.clock)
        return checked.refused

    async def own_versions(self, versions: Sequence[OwnVersion]) -> None:
        """Store and send on what was decided or estimated here. A repeat stores and sends the same versions again.

        Raises Busy, and stores none, if the registry as it is here lacks the place of one.
        """
        batch = as_batch(versions, self.registry.current().places)
        if len(batch.slots.starts) < len(versions) and await self.registry.refreshed():
            batch = as_batch(versions, self.registry.current().places)
        if len(batch.slots.starts) < len(versions):
            raise Busy("the registry lacks the place of a half hour")
        await self._put(batch, self._now())

    async def _put(self, checked: CheckedBlocks, now: datetime) -> None:
        without = self.registry.current().without_streams
        # The engine stores outside of the interpreter: meanwhile the messages are made.
        records, _ = await asyncio.gather(
            asyncio.to_thread(_supplier_records, checked, stored_at=now),
            self.store.insert_intervals(checked, stored_at=now),
        )
        await self.marks.blocks_stored(checked, now=now)
        if without:
            await self.held.hold(checked, without, now=now)
        for code in without & records.keys():
            HELD_MESSAGES.labels(supplier=code).inc(len(records.pop(code)))
        await self.sender.send_raw(list(chain.from_iterable(records.values())))

    async def _store_registers(self, checked: CheckedSnapshots) -> Refusals:
        now = self._now()
        await self.store.insert_registers(checked.snapshots, stored_at=now)
        await self.marks.snapshots_stored(checked.snapshots, self.registry.current(), now=now)
        return checked.refused

    async def _store_journals(self, checked: CheckedEntries) -> Refusals:
        now = self._now()
        news = await self.store.entries_not_known(checked.entries)
        await self.marks.entries_are_new(news, self.registry.current(), now=now)
        await self.store.insert_journal(checked.entries, stored_at=now)
        await self.marks.entries_are_new(news, self.registry.current(), now=now)
        return checked.refused

    async def _checked(self, check: Callable[..., C], messages: Sequence[Any]) -> C:
        """Check a batch; if it names what the registry does not have, look for that once before it is refused."""
        now = self._now()
        checked = await asyncio.to_thread(check, messages, self.registry.current(), now_epoch=now.timestamp())
        missed = any(reason.code in NOT_IN_REGISTRY for _, reason in checked.refused)
        if missed and await self.registry.refreshed():
            checked = await asyncio.to_thread(check, messages, self.registry.current(), now_epoch=now.timestamp())
        return checked

    def _now(self) -> datetime:
        """The store keeps whole seconds, and the supplier is told what is stored."""
        return self.clock.now().replace(microsecond=0)


_topic = cache(supplier_intervals)


def _supplier_records(checked: CheckedBlocks, *, stored_at: datetime) -> dict[str, list[RawRecord]]:
    """Return what goes to each supplier, in order."""
    headers = cache(lambda code: _topic(code).headers_of_many(at=stored_at))
    found: defaultdict[str, list[RawRecord]] = defaultdict(list)
    for code, key, value in supplier_texts(checked, stored_at=stored_at):
        found[code].append((_topic(code).name, value, key, next(headers(code))))
    return found
