"""The tree of errors, by who must act.

Rejected: the sender must change something (4xx, or a dead letter with the reason).
Busy: time must pass (503, or a pause and another try).
Anything else is ours: 500, or the consumer stops.
"""


class HalfhourError(Exception):
    """Base of every error that this code raises on purpose."""


class Rejected(HalfhourError):
    """What was sent cannot be accepted. `code` is stable and public; `status` is the HTTP answer.

    `field` names the one field that is at fault, where there is one.
    """

    status = 422
    code = "rejected"
    field: str | None = None

    def __init__(
        self, detail: str, *, code: str | None = None, status: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.field = field or type(self).field


class NotFound(Rejected):
    """No such object, or none that this caller may know of."""

    status = 404
    code = "not_found"


class Unauthenticated(Rejected):
    """The caller did not prove who it is."""

    status = 401
    code = "unauthenticated"


class Forbidden(Rejected):
    """The caller is known and may not do this."""

    status = 403
    code = "forbidden"


class Conflict(Rejected):
    """The request contradicts the present state."""

    status = 409
    code = "conflict"


class TooMany(Rejected):
    """Asked too often; `retry_after_seconds` says when to come back."""

    status = 429
    code = "too_many_attempts"

    def __init__(self, detail: str, *, retry_after_seconds: int, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_seconds = retry_after_seconds


class Busy(HalfhourError):
    """A part that we need is away or full. The same call may succeed later."""

    status = 503
    code = "busy"

    def __init__(self, detail: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
