"""Simulated meters over real sockets, read by a hand-written client and by pymodbus."""

import asyncio
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from fastcrc import crc16
from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient
from tests.service.simulators.clients import ANSWER_SECONDS, SILENCE_SECONDS, SerialClient, frame, hang_up

from common.clock import FixedClock
from simulators.account import SLOT
from simulators.config import FleetConfig, WireConfig
from simulators.faults import Fault
from simulators.fleet import Fleet
from simulators.sample import (
    MERCURY_SERIAL,
    MERCURY_WIRE,
    MODBUS_TCP_SERIAL,
    MODBUS_TCP_WIRE,
    RTU_OVER_TCP_SERIAL,
    RTU_OVER_TCP_WIRE,
    many_config,
    sample_config,
)

AT = datetime(2026, 9, 10, 12, 0, 3, tzinfo=UTC)
OPEN = "01 01 01 01 01 01 01 01"
REGISTERS = "05 00 00"


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(sample_config(scripted=False, control_port=0), FixedClock(AT)) as opened:
        yield opened


@pytest.fixture
async def mercury(fleet: Fleet) -> AsyncIterator[SerialClient]:
    async with SerialClient(fleet.port(MERCURY_WIRE)) as client:
        await client.ask(40, OPEN)
        yield client


async def test_35_days_of_half_hours_are_read_back_to_the_watt_hour(fleet: Fleet, mercury: SerialClient) -> None:
    """INVARIANT: what a reader finds in the profile memory is the truth of every half hour."""
    last = await mercury.ask(40, "08 13")
    number = int.from_bytes(last[:2], "big")
    found: dict[datetime, tuple[int, ...]] = {}
    for back in range(35 * 48 - 1, -1, -17):
        address = (number - back) % 8192 * 16
        selector = 0x83 if address >> 16 else 0x03
        block = await mercury.ask(40, f"06 {selector:02x} {address & 0xFFFF:04x} ff")
        for at in range(0, len(block), 15):
            if block[at + 3] == 0:  # no day: never written, behind the newest record
                continue
            label = datetime.strptime(block[at + 1 : at + 6].hex() + "+0300", "%H%M%d%m%y%z")
            found[label.astimezone(UTC) - SLOT] = struct.unpack("<4H", block[at + 7 : at + 15])
    end_at = datetime(2026, 9, 10, 12, tzinfo=UTC)
    truth = fleet.truth(MERCURY_SERIAL).slots(end_at - timedelta(days=35), end_at)
    assert len(truth) == 35 * 48
    assert {slot.start_at: tuple(2 * value for value in slot.energy) for slot in truth} == {
        slot.start_at: found[slot.start_at] for slot in truth
    }


async def test_a_frame_in_pieces_is_answered_and_garbage_is_forgotten(mercury: SerialClient) -> None:
    whole = frame(40, REGISTERS)
    mercury.send(whole[:3])
    await asyncio.sleep(0.001)
    mercury.send(whole[3:])
    assert (await mercury.receive_bytes(19))[0] == 40
    mercury.send(b"\x28\x05\x00\x00\x00\x00")
    assert await mercury.receive(0.1) == b""
    assert len(await mercury.ask(40, REGISTERS)) == 16


@pytest.mark.parametrize(
    "request_bytes", [frame(40, REGISTERS)[:-1] + b"\x00", frame(41, REGISTERS), frame(40, "05 00")]
)
async def test_wrong_crc_address_or_length_get_silence(mercury: SerialClient, request_bytes: bytes) -> None:
    mercury.send(request_bytes)
    assert await mercury.receive(0.1) == b""


async def test_the_common_address_answers_only_on_a_wire_with_one_meter(mercury: SerialClient) -> None:
    assert await mercury.ask(0, "08 05") == b"\x00\x28"
    assert await mercury.is_silent(0xFE, "08 05")
    async with (
        Fleet(many_config(2, meters_a_wire=2), FixedClock(AT)) as pair,
        SerialClient(pair.port("wire-1")) as client,
    ):
        assert await client.is_silent(0, "08 00")
        assert await client.ask(1, "08 00") != await client.ask(2, "08 00")


async def test_a_late_answer_comes_after_the_next_request_and_before_its_answer(
    fleet: Fleet, mercury: SerialClient
) -> None:
    fleet.meter(MERCURY_SERIAL).faults.set(Fault.LATE, requests=1)
    assert await mercury.is_silent(40, "08 00")
    mercury.send(frame(40, REGISTERS))
    late, answer = await mercury.receive_bytes(10), await mercury.receive_bytes(19)
    assert late[1:5] == bytes((41, 88, 88, 40))
    assert crc16.modbus(answer) == 0


async def test_a_delayed_answer_keeps_its_order(fleet: Fleet, mercury: SerialClient) -> None:
    fleet.meter(MERCURY_SERIAL).faults.set(Fault.DELAY, requests=1, delay_seconds=0.1)
    mercury.send(frame(40, "08 00"))
    await asyncio.sleep(0.01)
    mercury.send(frame(40, REGISTERS))
    delayed, answer = await mercury.receive_bytes(10), await mercury.receive_bytes(19)
    assert delayed[1:5] == bytes((41, 88, 88, 40))
    assert crc16.modbus(answer) == 0


@pytest.mark.parametrize("fault", [Fault.WRONG_CRC, Fault.TRUNCATED, Fault.FOREIGN_ADDRESS, Fault.SILENCE])
async def test_a_fault_spoils_one_meter_for_as_long_as_it_is_set(
    fleet: Fleet, mercury: SerialClient, fault: Fault
) -> None:
    right = await mercury.ask(40, REGISTERS)
    fleet.meter(MERCURY_SERIAL).faults.set(fault)
    mercury.send(frame(40, REGISTERS))
    spoilt = await mercury.receive(SILENCE_SECONDS if fault is Fault.SILENCE else ANSWER_SECONDS)
    is_right = len(spoilt) == len(right) + 3 and spoilt[0] == 40 and crc16.modbus(spoilt) == 0
    assert not is_right
    assert bool(spoilt) == (fault is not Fault.SILENCE)
    fleet.meter(MERCURY_SERIAL).faults.clear()
    assert await mercury.ask(40, REGISTERS) == right


async def test_faults_can_be_switched_from_another_process(fleet: Fleet, mercury: SerialClient) -> None:
    assert fleet.control is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", fleet.control.port)
    for line, reply in (
        (b'{"serial":"41888840","fault":"silence","requests":1}\n', b'{"error":null}\n'),
        (b'{"serial":"1","fault":"silence"}\n', b'{"error":"no meter 1"}\n'),
    ):
        writer.write(line)
        assert await reader.readline() == reply
    writer.write(b"{]\n")
    assert b"malformed" in await reader.readline()
    await hang_up(writer)
    assert await mercury.is_silent(40, REGISTERS)
    assert await mercury.ask(40, REGISTERS)


async def test_answers_at_9600_baud_take_their_time_and_one_wire_carries_one_frame() -> None:
    meters = many_config(2, meters_a_wire=2).wires[0].meters
    slow = FleetConfig(wires=(WireConfig(name="slow", protocol="mercury", meters=meters, timing="9600"),))
    loop = asyncio.get_running_loop()
    async with Fleet(slow, FixedClock(AT)) as fleet, SerialClient(fleet.port("slow")) as client:
        began = loop.time()
        await client.ask(1, "08 00")
        alone = loop.time() - began
        shortest = 0.02 + 15 * 10 / 9600
        assert shortest <= alone < 1
        began = loop.time()
        client.send(frame(1, "08 00"))
        await asyncio.sleep(0.005)
        client.send(frame(2, "08 00"))
        first, second = await client.receive_bytes(10), await client.receive_bytes(10)
        assert (first[0], second[0]) == (1, 2)
        assert loop.time() - began >= 2 * shortest


@pytest.mark.parametrize(
    ("wire", "serial", "unit", "framer"),
    [
        (MODBUS_TCP_WIRE, MODBUS_TCP_SERIAL, 1, FramerType.SOCKET),
        (RTU_OVER_TCP_WIRE, RTU_OVER_TCP_SERIAL, 2, FramerType.RTU),
    ],
)
async def test_pymodbus_reads_an_eastron(fleet: Fleet, wire: str, serial: str, unit: int, framer: FramerType) -> None:
    client = AsyncModbusTcpClient("127.0.0.1", port=fleet.port(wire), framer=framer, timeout=2, retries=0)
    assert await client.connect()
    answer = await client.read_input_registers(0x0048, count=8, device_id=unit)
    energies = client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT32)
    assert isinstance(energies, list)
    assert [round(float(value) * 1000) for value in energies] == list(fleet.truth(serial).registers(AT).total)
    answer = await client.read_holding_registers(0xFC00, count=2, device_id=unit)
    assert client.convert_from_registers(answer.registers, client.DATATYPE.UINT32) == int(serial)
    client.close()


async def test_an_unknown_unit_is_silent_on_rtu_and_an_exception_on_modbus_tcp(fleet: Fleet) -> None:
    async with SerialClient(fleet.port(RTU_OVER_TCP_WIRE)) as client:
        assert await client.is_silent(9, "04 0000 0002")
    async with SerialClient(fleet.port(MODBUS_TCP_WIRE)) as client:
        client.send(bytes.fromhex("0001 0000 0006 09 04 0000 0002"))
        assert await client.receive() == bytes.fromhex("0001 0000 0003 09 84 0B")


async def test_bytes_that_are_no_modbus_tcp_end_the_connection(fleet: Fleet) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", fleet.port(MODBUS_TCP_WIRE))
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 2)
    await hang_up(writer)


async def test_a_taken_port_is_an_error_and_leaves_no_wire_open() -> None:
    async with Fleet(many_config(1), FixedClock(AT)) as first:
        taken = first.port("wire-1")
        wires = many_config(2).wires
        second = Fleet(
            FleetConfig(
                wires=(
                    wires[0],
                    WireConfig(name="wire-2", port=taken, protocol="mercury", meters=wires[1].meters),
                )
            ),
            FixedClock(AT),
        )
        with pytest.raises(OSError, match="address already in use"):
            await second.open()
        with pytest.raises(OSError, match=r"[Cc]onnect"):
            await asyncio.open_connection("127.0.0.1", second.port("wire-1"))
