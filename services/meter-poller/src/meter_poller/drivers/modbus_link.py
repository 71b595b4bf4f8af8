"""One Modbus wire over TCP, through pymodbus: one client, one request at a time, one pause between them.

pymodbus hands a late reply to the next request when frames are RTU over TCP, and checks neither length nor
function of a reply (its issues 2636 and 2584). So any fault closes the client, a new one waits for silence
first, replies are checked down to the raw frame, and a read is shielded from the caller's cancellation.
"""

import asyncio
from dataclasses import dataclass
from time import monotonic

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from meter_poller.drivers.register_map import READ_HOLDING
from meter_poller.errors import (
    BadCrc,
    BadReply,
    ConnectionLost,
    MeterRefused,
    NoReply,
    ReadingFailed,
    WireDown,
    WrongAddress,
)
from meter_poller.link import MAX_SETTLINGS, LinkTimes, has_good_crc
from meter_poller.metrics import EXCHANGE_SECONDS, LATE_BYTES

MBAP_BYTES = 6
EXCEPTION_BIT = 0x80
# Above any real number of requests in a row: the link is closed here, after the first fault.
NEVER = 1_000_000


@dataclass(frozen=True, slots=True)
class ModbusReply:
    """The words of a checked reply, and its raw frame."""

    words: list[int]
    frame: bytes


class ModbusLink:
    """The connection to one wire. `generation` grows with each new connection: meters begin anew then."""

    def __init__(self, host: str, port: int, *, framer: FramerType, times: LinkTimes) -> None:
        self._host = host
        self._port = port
        self._framer = framer
        self._times = times
        self._protocol = "modbus-tcp" if framer is FramerType.SOCKET else "modbus-rtu-tcp"
        self._lock = asyncio.Lock()
        self._client: AsyncModbusTcpClient | None = None
        self._received = b""
        self._faulty = False
        self._idle_since = 0.0
        self.generation = 0

    @property
    def is_open(self) -> bool:
        return self._client is not None and self._client.connected

    async def read(self, device: int, *, function_code: int, word_address: int, word_count: int) -> ModbusReply:
        """Read words and return them checked. Function code 3 or 4.

        Raises WireDown without a connection, another ReadingFailed for a reply that is late, short, foreign
        or an exception; the client is closed then (not after an exception), as when the caller is cancelled.
        """
        async with self._lock:
            try:
                client = await self._open()
                await asyncio.sleep(max(0.0, self._idle_since + self._times.frame_pause_seconds - monotonic()))
                LATE_BYTES.inc(len(self._received))
                self._received = b""
                began = monotonic()
                call = client.read_holding_registers if function_code == READ_HOLDING else client.read_input_registers
                pdu = await self._shielded(call(word_address, count=word_count, device_id=device), device)
                reply = self._checked(pdu, device=device, function_code=function_code, word_count=word_count)
            except MeterRefused:
                self._idle_since = monotonic()
                self._received = b""
                raise
            except BaseException:
                self._faulty = True
                self._disconnect()
                raise
            self._idle_since = monotonic()
            self._received = b""
            EXCHANGE_SECONDS.labels(protocol=self._protocol).observe(self._idle_since - began)
            return reply

    async def close(self) -> None:
        """Close the connection. A repeat is harmless; the next read opens a new one."""
        async with self._lock:
            self._disconnect()

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _open(self) -> AsyncModbusTcpClient:
        if self._client is not None and not self._client.connected:
            self._disconnect()
        if self._client is None:
            self._client = await self._connect_patiently()
            self.generation += 1
            if self._faulty:
                await self._settle()
                self._faulty = False
        return self._client

    async def _connect_patiently(self) -> AsyncModbusTcpClient:
        """Connect; after a fault try twice, since gateways of one connection need a moment to free it."""
        try:
            return await self._connect()
        except WireDown:
            if not self._faulty:
                raise
        await asyncio.sleep(self._times.settle_seconds)
        return await self._connect()

    async def _connect(self) -> AsyncModbusTcpClient:
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            framer=self._framer,
            timeout=self._times.reply_timeout_seconds,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._trace,
        )
        client.set_max_no_responses(NEVER)
        try:
            async with asyncio.timeout(self._times.connect_timeout_seconds):
                connected = await client.connect()
        except TimeoutError:
            connected = False
        except BaseException:
            client.close()
            raise
        if not connected:
            client.close()
            raise WireDown(f"{self._host}:{self._port} cannot be reached")
        return client

    async def _settle(self) -> None:
        """Wait until nothing has come for `settle_seconds`: the gateway may still hold a late answer."""
        for _ in range(MAX_SETTLINGS):
            self._received = b""
            await asyncio.sleep(self._times.settle_seconds)
            if not self._received:
                return
            LATE_BYTES.inc(len(self._received))
        raise BadReply("the wire does not fall silent")

    def _trace(self, sending: bool, data: bytes) -> bytes:
        """Keep what came since the request: pymodbus shows its whole buffer each time."""
        if not sending:
            self._received = data
        return data

    async def _shielded(self, call: "asyncio.Future[ModbusPDU] | object", device: int) -> ModbusPDU:
        """Let the read end even if the caller is cancelled; it is bounded by the client's time-out."""
        task: asyncio.Task[ModbusPDU] = asyncio.ensure_future(call)  # type: ignore[arg-type]  # a coroutine
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise
        except ConnectionException as error:
            raise ConnectionLost(str(error)) from error
        except ModbusException as error:
            raise self._unanswered(device) from error

    def _unanswered(self, device: int) -> ReadingFailed:
        """Tell why no reply was found in what came."""
        received = self._received
        if self._framer is FramerType.RTU and received and not has_good_crc(received):
            return BadCrc(f"{len(received)} bytes came without a good check sum")
        address_at = MBAP_BYTES if self._framer is FramerType.SOCKET else 0
        if len(received) > address_at and received[address_at] != device:
            return WrongAddress(f"device {received[address_at]} answered instead of {device}")
        return NoReply("no reply came in time")

    def _checked(self, pdu: ModbusPDU, *, device: int, function_code: int, word_count: int) -> ModbusReply:
        frame = self._received
        if pdu.dev_id != device:
            raise WrongAddress(f"device {pdu.dev_id} answered instead of {device}")
        if pdu.function_code == function_code | EXCEPTION_BIT:
            code = pdu.exception_code
            raise MeterRefused(f"the meter answered exception {code}", status=code)
        if pdu.function_code != function_code:
            raise BadReply(f"function {pdu.function_code} answered instead of {function_code}")
        words = list(pdu.registers)
        expected = 2 * word_count + (MBAP_BYTES + 3 if self._framer is FramerType.SOCKET else 5)
        if len(words) != word_count or len(frame) != expected:
            raise BadReply(f"the reply has {len(words)} words in {len(frame)} bytes instead of {word_count}")
        return ModbusReply(words, frame)
