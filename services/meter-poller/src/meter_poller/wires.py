"""One wire as one task: its meters in turn, fresh half hours first, history between the rounds.

A round gives every due meter one attempt; one that was well until now gets a second after all others. So a
dead meter costs its neighbours one bounded time-out a round, and other wires nothing
(INVARIANT: tests/unit/meter_poller/test_wires.py).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from common.clock import Clock
from common.logging import get_logger
from meter_poller.drivers.catalogue import Closing, MakeDriver, MakeLink, make_driver, make_link
from meter_poller.drivers.interface import InstantDriver, MemoryDriver, MeterDriver
from meter_poller.errors import (
    BadCrc,
    BadEndpoint,
    BadReply,
    ConnectionLost,
    NoReply,
    ReadingFailed,
    WireDown,
    WrongAddress,
)
from meter_poller.instants import InstantSchedule
from meter_poller.metrics import TURNS
from meter_poller.plan import EPOCH
from meter_poller.publish import Batch, Cursors, Delivery, Outbox, Sender, Step
from meter_poller.schedule import lag_of, next_border, next_due, offset_of
from meter_poller.settings import Settings
from meter_poller.states import INTERNAL, LinkStates
from meter_poller.turns import TurnLimits, Turns
from topics.metering import Endpoint, EndpointMeter
from topics.poller import LINK_STATES

log = get_logger(__name__)

# A group that rebalances waits for its wires to stop.
LAST_DELIVERIES_SECONDS = 1.0
# What a second attempt may mend.
PASSING = (NoReply, BadCrc, BadReply, WrongAddress, ConnectionLost)


@dataclass(slots=True)
class _Place:
    """A meter's place on the wire and when it is due."""

    turns: Turns
    due_at: datetime
    lag: timedelta = timedelta()
    instants_at: datetime = EPOCH

    @property
    def driver(self) -> MeterDriver:
        return self.turns.driver


class WirePoller:
    """Polls one endpoint until it is cancelled."""

    def __init__(
        self,
        endpoint: Endpoint,
        cursors: Cursors,
        *,
        settings: Settings,
        clock: Clock,
        sender: Sender,
        link_of: MakeLink = make_link,
        driver_of: MakeDriver = make_driver,
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._clock = clock
        self._states = LinkStates(endpoint.endpoint_id)
        self._delivery = Delivery(sender, cursors, clock=clock, pauses_seconds=settings.publish_pauses_seconds)
        self.outbox = Outbox(self._delivery)
        self._offset = offset_of(
            endpoint.endpoint_id,
            delay_seconds=settings.poll_delay_seconds,
            spread_seconds=settings.poll_spread_seconds,
        )
        self._instants = InstantSchedule(
            every_seconds=settings.instants_every_seconds,
            wire_share=settings.instants_wire_share,
            clear_seconds=settings.reply_timeout_seconds,
            clock=clock,
        )
        self._profile_every = timedelta(seconds=endpoint.profile_every_seconds)
        self._link_of = link_of
        self._driver_of = driver_of
        self._link: Closing | None = None
        self._places: list[_Place] = []
        self._backlog: deque[_Place] = deque()

    async def run(self) -> NoReturn:
        """Poll for ever. Cancelled, it gives what waits a moment to reach the log; the rest will be made up again."""
        try:
            self.take_places()
            await self._publish_states()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.outbox.run())
                while True:
                    await self.step()
        finally:
            self._states.close()
            if self._link is not None:
                await self._link.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_DELIVERIES_SECONDS):
                    await self.outbox.deliver_waiting()

    async def step(self) -> None:
        """Do the next thing: a round of what is due, else a turn of history, else wait."""
        now = self._clock.now()
        due = [place for place in self._places if place.due_at <= now]
        if due:
            await self._round(due)
            await asyncio.sleep(self._settings.round_pause_seconds)
        elif (place := self._instants.due(self._quiet(), now)) is not None:
            await self._instants_turn(place, now)
        elif self._backlog:
            await self._history_turn()
        elif self._places:
            await self._rest(now)
        else:
            await asyncio.Event().wait()

    def take_places(self) -> None:
        """Give every meter that can be polled its place; the others are failing from the start."""
        now = self._clock.now()
        try:
            self._link = self._link_of(self._endpoint, self._settings)
        except BadEndpoint as reason:
            for meter in self._endpoint.meters:
                self._states.failed(meter.meter_id, reason, at=now)
            return
        limits = TurnLimits(
            records=self._settings.records_per_turn,
            history=timedelta(days=self._endpoint.history_days),
            border_tolerance=timedelta(seconds=self._settings.border_tolerance_seconds),
        )
        for meter in self._endpoint.meters:
            try:
                driver = self._driver_of(meter, self._link, self._settings, self._clock)
                self._refuse_repeated_address(meter)
            except BadEndpoint as reason:
                self._states.failed(meter.meter_id, reason, at=now)
                continue
            turns = Turns(
                driver,
                self._delivery,
                self.outbox,
                endpoint_id=self._endpoint.endpoint_id,
                clock=self._clock,
                limits=limits,
            )
            self._places.append(_Place(turns=turns, due_at=now))

    def _refuse_repeated_address(self, meter: EndpointMeter) -> None:
        if any(place.driver.meter.address == meter.address for place in self._places):
            raise BadEndpoint(f"address {meter.address} is there twice")

    async def _round(self, due: list[_Place]) -> None:
        """Registers and fresh half hours of all that is due, second attempts, then journals."""
        for place in due:
            place.due_at = self._next_due(place)
        due.sort(key=self._rank)
        try:
            again = [place for place in due if not await self._attempt(place, self._fresh, is_last=False)]
            for place in again:
                await self._attempt(place, self._fresh)
            await self._publish_states()
            for place in due:
                if self._journals_are_due(place):
                    await self._attempt(place, self._journals)
        except WireDown as reason:
            now = self._clock.now()
            for place in due:
                self._states.failed(place.driver.meter.meter_id, reason, at=now)
        await self._publish_states()

    def _rank(self, place: _Place) -> tuple[bool, datetime]:
        """Those that failed last time come last: their time-outs delay nobody. Else who waits longest is first."""
        meter_id = place.driver.meter.meter_id
        until = self._delivery.cursors.of(meter_id).profile_until
        return self._states.is_failing(meter_id), EPOCH if until is None else until

    def _quiet(self) -> list[_Place]:
        """Return the places whose instant values may be asked for: a meter that does not answer gets no more turns."""
        return [
            place
            for place in self._places
            if isinstance(place.driver, InstantDriver) and not self._states.is_failing(place.driver.meter.meter_id)
        ]

    async def _instants_turn(self, place: _Place, now: datetime) -> None:
        place.instants_at = self._instants.next(now, offset=self._offset)
        with self._instants.spending():
            try:
                await self._attempt(place, self._read_instants)
            except WireDown as reason:
                self._states.failed(place.driver.meter.meter_id, reason, at=self._clock.now())
        await self._publish_states()

    async def _read_instants(self, place: _Place) -> None:
        await place.turns.instants()

    async def _rest(self, now: datetime) -> None:
        """Wait until a meter is due, or instant values are and the wire has time for them."""
        until = min(place.due_at for place in self._places)
        seconds = self._instants.rest_seconds(self._quiet(), now)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._clock.sleep_until(until)

    async def _history_turn(self) -> None:
        place = self._backlog.popleft()
        try:
            await self._attempt(place, self._profile)
        except WireDown as reason:
            self._states.failed(place.driver.meter.meter_id, reason, at=self._clock.now())
        await self._publish_states()

    async def _fresh(self, place: _Place) -> None:
        reading = await place.turns.snapshot()
        lag = lag_of(reading.drift_seconds, limit=self._profile_every / 2)
        if lag != place.lag:
            place.lag = lag
            place.due_at = self._next_due(place)
        await self._profile(place)
        self._states.succeeded(place.driver.meter.meter_id, at=self._clock.now(), drift_seconds=reading.drift_seconds)

    async def _profile(self, place: _Place) -> None:
        has_more = await place.turns.profile()
        if has_more and place not in self._backlog:
            self._backlog.append(place)

    async def _journals(self, place: _Place) -> None:
        await place.turns.journals()
        await place.turns.limits()

    async def _attempt(self, place: _Place, what: Callable[[_Place], Awaitable[None]], *, is_last: bool = True) -> bool:
        """Do it and take down how it went. Return False if a second attempt is due. Raises WireDown."""
        meter_id = place.driver.meter.meter_id
        try:
            await what(place)
        except WireDown as reason:
            TURNS.labels(driver=place.driver.driver, outcome=reason.code).inc()
            raise
        except ReadingFailed as reason:
            TURNS.labels(driver=place.driver.driver, outcome=reason.code).inc()
            if not is_last and isinstance(reason, PASSING) and not self._states.is_failing(meter_id):
                return False
            self._states.failed(meter_id, reason, at=self._clock.now())
        except Exception as error:
            # Ours, not the meter's; its neighbours go on all the same.
            TURNS.labels(driver=place.driver.driver, outcome=INTERNAL).inc()
            log.exception("turn.failed", meter_id=str(meter_id))
            self._states.failed(meter_id, ReadingFailed(repr(error), code=INTERNAL), at=self._clock.now())
        else:
            TURNS.labels(driver=place.driver.driver, outcome="ok").inc()
        return True

    def _journals_are_due(self, place: _Place) -> bool:
        meter_id = place.driver.meter.meter_id
        if not isinstance(place.driver, MemoryDriver) or self._states.is_failing(meter_id):
            return False
        read_at = self._delivery.cursors.of(meter_id).journals_read_at
        every = timedelta(seconds=self._endpoint.journals_every_seconds)
        return read_at is None or self._clock.now() - read_at >= every

    def _next_due(self, place: _Place) -> datetime:
        now = self._clock.now()
        if not isinstance(place.driver, MemoryDriver):
            return next_border(now)
        return next_due(now, every=self._profile_every, offset=self._offset + place.lag)

    async def _publish_states(self) -> None:
        state = self._states.take_change()
        if state is not None:
            await self.outbox.put(Step([Batch(LINK_STATES, [state])]))
