"""What web cannot start with."""

from common.errors import HalfhourError


class NotBuilt(HalfhourError):
    """The folder of the client is not what a build writes."""
