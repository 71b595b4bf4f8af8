"""The errors that are metering's own; the kinds and who must act: `common.errors`."""

from common.errors import Busy, HalfhourError, NotFound, Rejected


class RegistryFileInvalid(HalfhourError):
    """A registry file has faults; the text lists all of them, one a line."""


class StoreAway(Busy):
    """The series store did not take or answer a statement."""


class StoreOutdated(HalfhourError):
    """The series store's schema is not the one that this code needs, or a former migration was changed."""


class UnknownPoint(NotFound):
    """No such point, or none that this caller may see."""

    code = "point_not_found"


class UnknownContract(NotFound):
    """No such contract, or none that this caller may see."""

    code = "contract_not_found"


class InvalidPeriod(Rejected):
    """A period is empty, too long, or off the grid."""

    code = "invalid_period"


class InvalidCursor(Rejected):
    """A cursor that we did not give out."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("the cursor is not one of ours")


class EditImpossible(Rejected):
    """An edit of half hours asks for what cannot be."""

    code = "edit_impossible"


class UnknownOutage(NotFound):
    """No such planned outage, or not one of the own supplier."""

    code = "outage_not_found"


class UnknownEdit(NotFound):
    """No such edit, or not one of the own supplier."""

    code = "edit_not_found"
