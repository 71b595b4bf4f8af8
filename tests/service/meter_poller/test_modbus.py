"""Modbus over pymodbus with its traps closed; numbers as in its issues 2636 and 2584."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from pymodbus.framer import FramerType
from tests.ports import free_ports
from tests.service.meter_poller.gateways import QUICK_TIMES, Answer, Gateway, gateway, with_crc

from meter_poller.drivers.modbus_link import ModbusLink
from meter_poller.errors import BadCrc, BadReply, MeterRefused, NoReply, ReadingFailed, WireDown, WrongAddress

DEVICE = 7
FRAMERS = [FramerType.SOCKET, FramerType.RTU]


def words_of(request: bytes) -> bytes:
    """Return words that tell which address was asked for, so that a shifted reply shows."""
    body = request[7:] if len(request) == 12 else request[1:]
    address, count = struct.unpack(">HH", body[1:5])
    return struct.pack(f">{count}H", *range(address, address + count))


def reply_to(request: bytes, *, function: int | None = None, words: bytes | None = None, device: int = DEVICE) -> bytes:
    is_tcp = len(request) == 12
    asked = request[7] if is_tcp else request[1]
    function = asked if function is None else function
    words = words_of(request) if words is None else words
    pdu = bytes((function, len(words))) + words
    return framed(request, pdu, device)


def framed(request: bytes, pdu: bytes, device: int = DEVICE) -> bytes:
    if len(request) == 12:
        return request[:4] + struct.pack(">HB", len(pdu) + 1, device) + pdu
    return with_crc(device, *pdu)


@asynccontextmanager
async def wire(framer: FramerType, answer: Callable[[bytes], Answer]) -> AsyncIterator[tuple[ModbusLink, Gateway]]:
    async with gateway(answer) as found:
        link = ModbusLink("127.0.0.1", found.port, framer=framer, times=QUICK_TIMES)
        try:
            yield link, found
        finally:
            await link.close()


async def read(link: ModbusLink, address: int = 72, count: int = 8) -> list[int]:
    return (await link.read(DEVICE, function_code=4, word_address=address, word_count=count)).words


@pytest.mark.parametrize("framer", FRAMERS)
async def test_words_come_with_the_raw_frame(framer: FramerType):
    async with wire(framer, lambda request: [(0, reply_to(request))]) as (link, found):
        reply = await link.read(DEVICE, function_code=4, word_address=72, word_count=8)
        assert reply.words == list(range(72, 80))
        assert reply.frame == reply_to(found.requests[0])
        assert await read(link, 100, 2) == [100, 101]
        assert found.connections == 1


@pytest.mark.parametrize("framer", FRAMERS)
@pytest.mark.parametrize("delay", [0.32, 0.45])
async def test_a_late_reply_is_never_taken_for_another_request(framer: FramerType, delay: float):
    """INVARIANT: after a time-out every following read brings its own words or an error."""
    first = True

    def answer(request: bytes) -> Answer:
        nonlocal first
        late, first = first, False
        return [(delay if late else 0.0, reply_to(request))]

    async with wire(framer, answer) as (link, _):
        with pytest.raises(NoReply):
            await read(link, 0)
        for address in range(2, 60, 2):
            assert await read(link, address) == list(range(address, address + 8))


@pytest.mark.parametrize("framer", FRAMERS)
async def test_a_cancelled_read_leaves_nothing_for_the_next(framer: FramerType):
    asked = asyncio.Event()

    def answer(request: bytes) -> Answer:
        asked.set()
        return [(0.05, reply_to(request))]

    async with wire(framer, answer) as (link, _):
        task = asyncio.create_task(read(link, 0))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not link.is_open
        for address in (10, 20, 30):
            assert await read(link, address) == list(range(address, address + 8))


@pytest.mark.parametrize("framer", FRAMERS)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda request: reply_to(request, words=words_of(request)[:4]),
        lambda request: reply_to(request, words=words_of(request) + b"\x00\x00"),
        lambda request: reply_to(request, function=3),
    ],
    ids=["too few words", "too many words", "another function"],
)
async def test_length_and_function_of_a_reply_are_checked(framer: FramerType, spoil: Callable[[bytes], bytes]):
    """INVARIANT: a reply that is not the one asked for is never a value."""
    async with wire(framer, lambda request: [(0, spoil(request))]) as (link, _):
        with pytest.raises(BadReply):
            await read(link)
        assert not link.is_open


@pytest.mark.parametrize("framer", FRAMERS)
async def test_another_devices_reply_is_refused(framer: FramerType):
    async with wire(framer, lambda request: [(0, reply_to(request, device=DEVICE + 1))]) as (link, _):
        with pytest.raises(WrongAddress):
            await read(link)


async def test_a_wrong_check_sum_is_named():
    async with wire(FramerType.RTU, lambda request: [(0, reply_to(request)[:-1] + b"\x00")]) as (link, _):
        with pytest.raises(BadCrc):
            await read(link)


async def test_garbage_before_a_frame_is_no_reply():
    async with wire(FramerType.RTU, lambda request: [(0, b"\xff" + reply_to(request))]) as (link, _):
        with pytest.raises(ReadingFailed):
            await read(link)


@pytest.mark.parametrize("framer", FRAMERS)
async def test_an_exception_is_an_answer_and_keeps_the_connection(framer: FramerType):
    async with wire(framer, lambda request: [(0, framed(request, b"\x84\x02"))]) as (link, found):
        for _ in range(2):
            with pytest.raises(MeterRefused) as caught:
                await read(link)
            assert caught.value.status == 2
        assert found.connections == 1


@pytest.mark.parametrize("framer", FRAMERS)
async def test_silence_is_a_time_out_however_often(framer: FramerType):
    """pymodbus gives a link up after some unanswered requests; here every one costs one time-out."""
    async with wire(framer, lambda _request: [(0, b"")]) as (link, found):
        for _ in range(6):
            with pytest.raises(NoReply):
                await read(link)
        assert len(found.requests) == 6


async def test_no_gateway_is_a_wire_that_is_down():
    (port,) = free_ports(1)
    link = ModbusLink("127.0.0.1", port, framer=FramerType.SOCKET, times=QUICK_TIMES)
    with pytest.raises(WireDown):
        await read(link)
