"""A session with one Mercury meter: channel, serial number, and questions with checked answers.

The serial number is read first, so that no password goes to another meter and no value is taken from it. A
session belongs to one connection: after a new one it begins again. Never reads values by itself.
"""

from datetime import datetime, timedelta

from common.clock import Clock
from meter_poller.drivers import mercury_frames as frames
from meter_poller.errors import AccessDenied, BadReply, ConnectionLost, MeterRefused, WrongSerial
from meter_poller.link import Link
from meter_poller.settings import Credential
from topics.metering import EndpointMeter

# The meter closes the channel after 240 s without a request (2.2); by its clock, so by ours.
SESSION_LIFE = timedelta(seconds=200)


class MercurySession:
    """The open channel to one meter."""

    def __init__(self, link: Link, meter: EndpointMeter, *, credential: Credential, clock: Clock) -> None:
        self._link = link
        self._meter = meter
        self._address = meter.address
        self._credential = credential
        self._clock = clock
        self._generation: int | None = None
        self._used_at: datetime | None = None

    async def begin(self) -> bool:
        """Check the serial number and open the channel; return False if the session was still open.

        Raises WrongSerial, AccessDenied, or another ReadingFailed.
        """
        if self._is_open():
            return False
        self._used_at = None
        status = await self._link.exchange(frames.test_channel(self._address), frames.STATUS_LENGTH)
        self._generation = self._link.generation
        _require_ok(status)
        found = frames.serial(await self.ask(frames.read_serial(self._address), 7))
        if found.lstrip("0") != self._meter.serial.strip().lstrip("0"):
            self._used_at = None
            raise WrongSerial(f"meter {found} answers at address {self._address} instead of {self._meter.serial}")
        await self._open_channel()
        return True

    async def ask(self, request: bytes, data_bytes: int) -> bytes:
        """Return the data of the reply; as `ask_frame`."""
        return frames.data_of(await self.ask_frame(request, data_bytes))

    async def ask_frame(self, request: bytes, data_bytes: int) -> bytes:
        """Return the checked reply frame with `data_bytes` of data, more than one.

        A channel that the meter has closed is opened once more. Raises MeterRefused for an error status.
        """
        reply = await self._exchange(request, data_bytes)
        if _status_of(reply) == frames.STATUS_CHANNEL_CLOSED:
            await self._open_channel()
            reply = await self._exchange(request, data_bytes)
        if _status_of(reply) is not None:
            _require_ok(reply)
            raise BadReply("a status came instead of data")
        self._used_at = self._clock.now()
        return reply

    def _is_open(self) -> bool:
        return (
            self._link.is_open
            and self._generation == self._link.generation
            and self._used_at is not None
            and self._clock.now() - self._used_at < SESSION_LIFE
        )

    async def _open_channel(self) -> None:
        request = frames.open_channel(self._address, level=self._credential.level, password=self._credential.password)
        _require_ok(await self._link.exchange(request, frames.STATUS_LENGTH))
        self._used_at = self._clock.now()

    async def _exchange(self, request: bytes, data_bytes: int) -> bytes:
        reply = await self._link.exchange(request, frames.reply_length(data_bytes))
        if self._link.generation != self._generation:
            # The gateway had closed the idle connection: who answers on the new one is not known yet.
            self._used_at = None
            raise ConnectionLost("the connection was made anew within a session")
        return reply


def _status_of(reply: bytes) -> int | None:
    return frames.status_of(frames.data_of(reply)) if len(reply) == frames.STATUS_LENGTH else None


def _require_ok(reply: bytes) -> None:
    """Raise AccessDenied or MeterRefused unless the status reply says that all is well."""
    status = frames.status_of(frames.data_of(reply))
    if status == frames.STATUS_ACCESS:
        raise AccessDenied("the meter does not accept the password or its level")
    if status != frames.STATUS_OK:
        raise MeterRefused(f"the meter answered status {status}", status=status)
