"""The tree of errors of a reading. `code` is stable: it travels in the link state and in metrics.

ReadingFailed: one meter could not be read; its neighbours on the wire still can.
WireDown: nothing on this wire can be read now, so the round ends.
BadEndpoint: the registry asks for what cannot be done; only a new version of the endpoint helps.
"""

from common.errors import HalfhourError


class ReadingFailed(HalfhourError):
    """A meter was not read. Whatever came over the wire was not taken for a value."""

    code = "reading_failed"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code


class WireDown(ReadingFailed):
    """There is no connection to the wire."""

    code = "unreachable"


class ConnectionRefused(WireDown):
    """The gateway refused the connection."""

    code = "connection_refused"


class ConnectionLost(ReadingFailed):
    """The connection ended in the middle of an exchange."""

    code = "connection_lost"


class NoReply(ReadingFailed):
    """Nothing, or not all of a reply, came in time."""

    code = "timeout"


class BadCrc(ReadingFailed):
    """The check sum of the reply is wrong."""

    code = "crc"


class WrongAddress(ReadingFailed):
    """Another meter's address stands in the reply."""

    code = "wrong_address"


class BadReply(ReadingFailed):
    """The reply has another length, function or content than the request asks for."""

    code = "bad_reply"


class WrongSerial(ReadingFailed):
    """Another meter than the registered one answers at this address."""

    code = "wrong_serial"


class AccessDenied(ReadingFailed):
    """The meter does not accept the password or its level."""

    code = "access_denied"


class MeterRefused(ReadingFailed):
    """The meter answered with an error status or an exception code."""

    code = "refused_by_meter"

    def __init__(self, detail: str, *, status: int) -> None:
        super().__init__(detail)
        self.status = status


class BadEndpoint(ReadingFailed):
    """The endpoint names an unknown driver, protocol, zone or credential."""

    code = "bad_configuration"
