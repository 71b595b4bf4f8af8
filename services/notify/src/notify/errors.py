"""What can go wrong between notify and a mail server."""

from common.errors import HalfhourError


class LetterRefused(HalfhourError):
    """The mail server refused the recipient or the text for good; another try cannot help."""
