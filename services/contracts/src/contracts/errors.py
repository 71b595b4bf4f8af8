"""What contracts refuses: links (HTTP), and registry files (command line)."""

from collections.abc import Sequence

from common.errors import Conflict, Forbidden, Rejected


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


class InvalidRegistry(Rejected):
    """A registry file with faults; nothing of it was taken over."""

    code = "invalid_registry"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(["nothing was taken over:", *faults]))
