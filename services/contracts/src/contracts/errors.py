"""What contracts refuses: links (HTTP), and registry files (command line)."""

from collections.abc import Sequence

from common.errors import Conflict, Forbidden, NotFound, Rejected


class LinkRefused(Forbidden):
    """No open contract of this supplier has this login and password; which of them is wrong is not told."""

    code = "link_refused"

    def __init__(self) -> None:
        super().__init__("the supplier knows no open contract with this login and password")


class AlreadyLinked(Conflict):
    """The caller has linked this contract before."""

    code = "already_linked"

    def __init__(self) -> None:
        super().__init__("you have linked this contract already")


class ReadOnly(Forbidden):
    """The caller sees the contract by a share, which gives no right to change or share anything."""

    code = "read_only"

    def __init__(self) -> None:
        super().__init__("this contract is shared with you for reading only")


class TooManyInvitations(Conflict):
    """So many people can read the contract already, or have been asked to."""

    code = "too_many_invitations"

    def __init__(self) -> None:
        super().__init__("withdraw an invitation before you give another")


class LinkUnknown(NotFound):
    """No letter ever held this token."""

    code = "link_unknown"

    def __init__(self) -> None:
        super().__init__("this link is none of ours")


class LinkUsed(Rejected):
    """The link of the letter has had its one use."""

    status = 410
    code = "link_used"

    def __init__(self) -> None:
        super().__init__("this link has been used already")


class LinkExpired(Rejected):
    """The link of the letter came too late, or what it offered was withdrawn."""

    status = 410
    code = "link_expired"

    def __init__(self) -> None:
        super().__init__("this link does not hold any more")


class InvalidRegistry(Rejected):
    """A registry file with faults; nothing of it was taken over."""

    code = "invalid_registry"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(["nothing was taken over:", *faults]))
