"""Frames on the wires, whole and spoilt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.simulators.meters import sealed

from simulators.faults import Fault, FaultSwitch
from simulators.framing import NotModbus, Request, serial_answer, serial_request, tcp_answer, tcp_requests

BODIES = st.binary(min_size=1, max_size=255)


@given(address=st.integers(min_value=0, max_value=240), body=BODIES)
def test_a_serial_frame_with_a_right_crc_is_a_request(address: int, body: bytes) -> None:
    assert serial_request(sealed(bytes((address,)) + body)) == Request(address, body)


@given(body=BODIES, bit=st.integers(min_value=0))
def test_a_serial_frame_with_any_bit_wrong_is_none(body: bytes, bit: int) -> None:
    frame = bytearray(sealed(b"\x28" + body))
    frame[bit // 8 % len(frame)] ^= 1 << bit % 8
    assert serial_request(bytes(frame)) is None


@given(address=st.integers(min_value=1, max_value=240), body=BODIES)
def test_a_spoilt_serial_answer_is_never_a_right_one(address: int, body: bytes) -> None:
    right = serial_answer(address, body, Fault.NONE)
    assert right == sealed(bytes((address,)) + body)
    assert serial_request(serial_answer(address, body, Fault.WRONG_CRC)) is None
    assert right.startswith(serial_answer(address, body, Fault.TRUNCATED))
    assert len(serial_answer(address, body, Fault.TRUNCATED)) < len(right)
    foreign = serial_request(serial_answer(address, body, Fault.FOREIGN_ADDRESS))
    assert foreign is not None
    assert foreign.address != address


@given(cut=st.integers(min_value=0, max_value=24))
def test_modbus_tcp_requests_are_taken_whole_however_they_arrive(cut: int) -> None:
    stream = bytes.fromhex("0001 0000 0006 01 04 0000 0002 0002 0000 0006 02 03 FC00 0002")
    buffer = bytearray(stream[:cut])
    found = tcp_requests(buffer)
    buffer += stream[cut:]
    found += tcp_requests(buffer)
    assert found == [
        Request(1, bytes.fromhex("04 0000 0002"), 1),
        Request(2, bytes.fromhex("03 FC00 0002"), 2),
    ]
    assert not buffer


@pytest.mark.parametrize("header", ["0001 0001 0006 01", "0001 0000 0001 01", "0001 0000 0100 01"])
def test_bytes_that_are_no_modbus_tcp_are_refused(header: str) -> None:
    with pytest.raises(NotModbus):
        tcp_requests(bytearray.fromhex(header))


def test_a_modbus_tcp_answer_repeats_transaction_and_unit() -> None:
    request = Request(5, b"\x04", 77)
    assert tcp_answer(request, b"\x04\x02\x00\x07", Fault.NONE) == bytes.fromhex("004D 0000 0005 05 04020007")
    assert tcp_answer(request, b"\x04", Fault.FOREIGN_ADDRESS)[6] == 6


def test_a_fault_lasts_for_as_many_requests_as_it_was_set_for() -> None:
    switch = FaultSwitch()
    switch.set(Fault.SILENCE, requests=2)
    assert [switch.take() for _ in range(3)] == [Fault.SILENCE, Fault.SILENCE, Fault.NONE]
    switch.set(Fault.LATE)
    assert {switch.take() for _ in range(5)} == {Fault.LATE}
    switch.clear()
    assert switch.take() is Fault.NONE
