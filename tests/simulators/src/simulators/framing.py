"""How requests and answers look on the wires: address, bytes and CRC, or the Modbus TCP header.

Pure functions: find a request in received bytes, wrap an answer, spoil one for a fault.
Sources: Mercury command system 12.2020, section 1.3; Modbus Messaging on TCP/IP, section 3.1.
"""

import struct
from dataclasses import dataclass

from fastcrc import crc16

from simulators.faults import Fault

_CRC_BYTES = 2
_SHORTEST_SERIAL = 4
_HEADER = struct.Struct(">HHHB")
_LENGTH_OFFSET = 6
_LONGEST_TCP_PDU = 253


class NotModbus(Exception):
    """The bytes cannot be Modbus TCP; a real device closes the connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the meters see it; transaction only on Modbus TCP."""

    address: int
    body: bytes
    transaction: int = 0


def serial_request(frame: bytes) -> Request | None:
    """Return the request in a frame with a right CRC, else None."""
    if len(frame) < _SHORTEST_SERIAL or crc16.modbus(frame):
        return None
    return Request(frame[0], frame[1:-_CRC_BYTES])


def serial_answer(address: int, body: bytes, fault: Fault) -> bytes:
    """Wrap an answer with address and CRC, spoilt by the fault if it is one of the answer's bytes."""
    if fault is Fault.FOREIGN_ADDRESS:
        address = address % 0xF0 + 1
    frame = bytes((address,)) + body
    frame += crc16.modbus(frame).to_bytes(_CRC_BYTES, "little")
    if fault is Fault.WRONG_CRC:
        return frame[:-1] + bytes((frame[-1] ^ 0xFF,))
    return frame[: len(frame) // 2] if fault is Fault.TRUNCATED else frame


def tcp_requests(buffer: bytearray) -> list[Request]:
    """Take the whole requests from the front of the buffer. Raises NotModbus."""
    found: list[Request] = []
    while len(buffer) >= _HEADER.size:
        transaction, protocol, length, address = _HEADER.unpack_from(buffer)
        if protocol or not 2 <= length <= _LONGEST_TCP_PDU + 1:
            raise NotModbus
        if len(buffer) < _LENGTH_OFFSET + length:
            break
        body = bytes(buffer[_HEADER.size : _LENGTH_OFFSET + length])
        found.append(Request(address, body, transaction))
        del buffer[: _LENGTH_OFFSET + length]
    return found


def tcp_answer(request: Request, body: bytes, fault: Fault) -> bytes:
    """Wrap an answer with the request's header, spoilt by the fault; a wrong CRC shows as a wrong header."""
    address = request.address % 0xF7 + 1 if fault is Fault.FOREIGN_ADDRESS else request.address
    protocol = 1 if fault is Fault.WRONG_CRC else 0
    frame = _HEADER.pack(request.transaction, protocol, len(body) + 1, address) + body
    return frame[: len(frame) // 2] if fault is Fault.TRUNCATED else frame
