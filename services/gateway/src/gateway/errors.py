"""What can be wrong while the gateway is prepared. Nothing here happens on a request."""

from common.errors import HalfhourError


class NotJoinable(HalfhourError):
    """The services' OpenAPI documents do not make one."""


class UnusableDocument(HalfhourError):
    """The joined OpenAPI document cannot be turned into routes."""
