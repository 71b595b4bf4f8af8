"""What auth refuses, with the public codes."""

from common.errors import Forbidden, HalfhourError, TooMany, Unauthenticated


class InvalidCredentials(Unauthenticated):
    """E-mail and password do not belong together. Never says which of the two is wrong."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("the e-mail or the password is wrong")


class SessionEnded(Unauthenticated):
    """There is no such login any more: signed out, too old, disabled, or its refresh token was used twice."""

    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("the session has ended; sign in again")


class CrossSite(Forbidden):
    """The request does not come from our own pages."""

    code = "csrf"

    def __init__(self) -> None:
        super().__init__("the request needs X-Requested-With: halfhour and must come from the portal's own pages")


class TooManyAttempts(TooMany):
    """Too many failed sign-ins for the account or from the address."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many failed sign-ins; wait and try again", retry_after_seconds=retry_after_seconds)


class UnreadableKey(HalfhourError):
    """A signing key in the database does not open: AUTH_KEY_ENCRYPTION_KEY is not the one it was written with."""


class InvalidUsersFile(HalfhourError):
    """The file of users cannot be loaded; nothing of it was."""
