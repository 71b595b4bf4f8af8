"""The wire of the Mercury family: a frame that is late, short, long, garbled or foreign is never a value."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.ports import free_ports
from tests.service.meter_poller.gateways import CLOSE, QUICK_TIMES, Answer, Gateway, gateway, with_crc

from meter_poller.errors import (
    BadCrc,
    BadReply,
    ConnectionLost,
    ConnectionRefused,
    NoReply,
    ReadingFailed,
    WrongAddress,
)
from meter_poller.link import Link

REQUEST = with_crc(0x28, 0x08, 0x00)
GOOD = with_crc(0x28, 1, 2, 3, 4, 5, 6, 7)
LENGTH = len(GOOD)


@asynccontextmanager
async def wire(*answers: Answer) -> AsyncIterator[tuple[Link, Gateway]]:
    """Give a link to a gateway that answers the requests in this order, and the last answer for ever."""
    left = list(answers)
    async with gateway(lambda _request: left.pop(0) if len(left) > 1 else left[0]) as found:
        link = Link("127.0.0.1", found.port, QUICK_TIMES)
        try:
            yield link, found
        finally:
            await link.close()


async def test_a_good_reply_is_returned_whole_and_the_connection_is_kept():
    async with wire([(0, GOOD)]) as (link, found):
        for _ in range(3):
            assert await link.exchange(REQUEST, LENGTH) == GOOD
        assert (found.connections, link.generation) == (1, 1)
        assert found.requests == [REQUEST] * 3


async def test_a_reply_in_pieces_is_put_together():
    async with wire([(0.01, GOOD[:2]), (0.04, GOOD[2:4]), (0.04, GOOD[4:])]) as (link, _):
        assert await link.exchange(REQUEST, LENGTH) == GOOD


async def test_a_status_reply_is_shorter_than_what_was_asked_for():
    status = with_crc(0x28, 0x05)
    async with wire([(0, status)]) as (link, _):
        assert await link.exchange(REQUEST, LENGTH) == status


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (GOOD[:-1] + bytes((GOOD[-1] ^ 0xFF,)), BadCrc),
        (with_crc(0x29, *GOOD[1:-2]), WrongAddress),
        (with_crc(0x29, 0x00), WrongAddress),
        (GOOD[:-1], NoReply),
        (GOOD[:4], NoReply),
        (GOOD + b"\x00", BadReply),
        (GOOD + GOOD, BadReply),
        (b"", NoReply),
    ],
)
async def test_a_spoilt_reply_is_refused_and_the_next_connection_is_a_new_one(reply: bytes, error: type[ReadingFailed]):
    """INVARIANT: a frame with a wrong check sum, address or length is never taken for a value."""
    async with wire([(0, reply)], [(0, GOOD)]) as (link, found):
        with pytest.raises(error):
            await link.exchange(REQUEST, LENGTH)
        assert not link.is_open
        assert await link.exchange(REQUEST, LENGTH) == GOOD
        assert (found.connections, link.generation) == (2, 2)


async def test_a_late_answer_is_never_taken_for_the_answer_to_the_next_request():
    """INVARIANT: whatever comes after its time-out, on whichever connection, is dropped."""
    late = with_crc(0x28, 9, 9, 9, 9, 9, 9, 9)
    async with wire([(0.32, late)], [(0, GOOD)]) as (link, found):
        with pytest.raises(NoReply):
            await link.exchange(REQUEST, LENGTH)
        # The gateway hands the late answer to the new connection.
        assert await link.exchange(REQUEST, LENGTH) == GOOD
        assert found.connections == 2


async def test_bytes_that_nobody_asked_for_are_dropped():
    async with wire([(0, GOOD)]) as (link, found):
        await link.exchange(REQUEST, LENGTH)
        found.push(with_crc(0x28, 9, 9, 9, 9, 9, 9, 9))
        await asyncio.sleep(0.02)
        assert await link.exchange(REQUEST, LENGTH) == GOOD


async def test_a_wire_that_does_not_fall_silent_is_a_fault():
    chatter: Answer = [(0.02, b"\x55")] * 80
    async with wire(chatter, [(0, GOOD)]) as (link, found):
        with pytest.raises(ReadingFailed):
            await link.exchange(REQUEST, LENGTH)
        with pytest.raises(BadReply, match="silent"):
            await link.exchange(REQUEST, LENGTH)
        assert found.requests == [REQUEST]


async def test_a_cancelled_exchange_closes_the_connection():
    async with wire([(0.1, GOOD)]) as (link, _):
        task = asyncio.create_task(link.exchange(REQUEST, LENGTH))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not link.is_open


async def test_a_gateway_that_closes_in_the_middle_is_a_lost_connection():
    async with wire([(0, GOOD[:3]), (0.01, CLOSE)]) as (link, _):
        with pytest.raises(ConnectionLost):
            await link.exchange(REQUEST, LENGTH)


async def test_an_idle_connection_that_was_closed_is_made_anew():
    async with wire([(0, GOOD), (0, CLOSE)], [(0, GOOD)]) as (link, _):
        await link.exchange(REQUEST, LENGTH)
        await asyncio.sleep(0.02)
        assert not link.is_open
        assert await link.exchange(REQUEST, LENGTH) == GOOD
        assert link.generation == 2


async def test_a_refused_connection_has_its_own_code():
    (port,) = free_ports(1)
    link = Link("127.0.0.1", port, QUICK_TIMES)
    with pytest.raises(ConnectionRefused) as caught:
        await link.exchange(REQUEST, LENGTH)
    assert caught.value.code == "connection_refused"


async def test_exchanges_never_overlap_on_a_wire():
    busy = 0

    def answer(request: bytes) -> Answer:
        nonlocal busy
        busy += 1
        assert len(request) == len(REQUEST)
        return [(0.01, GOOD)]

    async with gateway(answer) as found:
        link = Link("127.0.0.1", found.port, QUICK_TIMES)
        replies = await asyncio.gather(*(link.exchange(REQUEST, LENGTH) for _ in range(10)))
        assert replies == [GOOD] * 10
        assert busy == 10
        await link.close()
