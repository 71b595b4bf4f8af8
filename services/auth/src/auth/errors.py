"""What auth refuses, with the public codes."""

from common.errors import Conflict, Forbidden, HalfhourError, NotFound, Rejected, TooMany, Unauthenticated


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
    """Too many tries for the account or from the address."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many tries; wait and try again", retry_after_seconds=retry_after_seconds)


class WeakPassword(Rejected):
    """Nobody may choose this password; the code says why."""

    def __init__(self, code: str, detail: str, *, field: str) -> None:
        super().__init__(detail, code=code, field=field)


class EmailTaken(Conflict):
    """Another user has this address. Said where the manual says it, behind a limit, and nowhere else."""

    code = "email_taken"
    field = "email"

    def __init__(self) -> None:
        super().__init__("a user with this e-mail exists")


class AlreadyConfirmed(Conflict):
    """The registration has become a user before: there is nothing to do but to sign in."""

    code = "already_confirmed"

    def __init__(self) -> None:
        super().__init__("the registration is confirmed; sign in")


class WrongPassword(Forbidden):
    """The password of the person who is signed in is another one. Not 401: the session goes on."""

    code = "wrong_password"

    def __init__(self, *, field: str = "password") -> None:
        super().__init__("the password is wrong", field=field)


class StepUpRequired(Forbidden):
    """The call needs a proof, not long ago, that the owner sits there."""

    code = "step_up_required"

    def __init__(self) -> None:
        super().__init__("prove first that it is you: POST /api/v1/me/step-up")


class SecondFactorWrong(Forbidden):
    """What was shown does not prove the factor: wrong, too old, or used before."""

    code = "second_factor_wrong"

    def __init__(self) -> None:
        super().__init__("the code or the passkey is wrong")


class SecondFactorRefused(Unauthenticated):
    """The second factor of a sign-in is wrong; nobody is signed in yet, hence 401."""

    code = "second_factor_wrong"

    def __init__(self) -> None:
        super().__init__("the code or the passkey is wrong")


class ChallengeUnknown(NotFound):
    """There is no such challenge for this purpose."""

    code = "challenge_unknown"

    def __init__(self) -> None:
        super().__init__("there is no such challenge")


class ChallengeOver(Rejected):
    """The challenge was met, is too old, or was tried too often; begin anew."""

    status = 410
    code = "challenge_over"

    def __init__(self) -> None:
        super().__init__("the challenge is over; begin anew")


class FactorExists(Conflict):
    """There is one of this kind, or as many as there may be."""

    code = "factor_exists"

    def __init__(self) -> None:
        super().__init__("there is such a factor already")


class TooManyApiKeys(Conflict):
    """The user has as many working keys as there may be."""

    code = "too_many_api_keys"

    def __init__(self) -> None:
        super().__init__("there are too many API keys; revoke one first")


class NoFactor(Conflict):
    """Recovery codes stand in for a second factor, and there is none."""

    code = "no_factor"

    def __init__(self) -> None:
        super().__init__("there is no second factor to recover")


class LinkUnknown(NotFound):
    """The link was never given out, or is long forgotten."""

    code = "link_unknown"

    def __init__(self) -> None:
        super().__init__("the link is not one of ours")


class LinkUsed(Rejected):
    """The link has done its work before."""

    status = 410
    code = "link_used"

    def __init__(self) -> None:
        super().__init__("the link has been used; a new one can be asked for")


class LinkExpired(Rejected):
    """The link came too late."""

    status = 410
    code = "link_expired"

    def __init__(self) -> None:
        super().__init__("the link is too old; a new one can be asked for")


class UnreadableKey(HalfhourError):
    """A secret in the database does not open: no AUTH_KEY_ENCRYPTION_KEY of the settings is the one that sealed it."""


class InvalidUsersFile(HalfhourError):
    """The file of users cannot be loaded; nothing of it was."""
