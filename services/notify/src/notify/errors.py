"""What notify refuses, and what can go wrong between it and a mail server."""

from common.errors import Conflict, HalfhourError


class LetterRefused(HalfhourError):
    """The mail server refused the recipient or the text for good; another try cannot help."""


class AnswerLost(HalfhourError):
    """The mail server has the whole letter and did not say what becomes of it: most likely it goes out."""


class PreferencesChanged(Conflict):
    """Somebody, most likely in another tab, has changed the switches since they were read."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__("the switches were changed meanwhile; read them anew")
