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


class NumberTaken(Conflict):
    """Another contract of the supplier has this number."""

    code = "number_taken"
    field = "number"

    def __init__(self) -> None:
        super().__init__("another contract of yours has this number")


class LoginTaken(Conflict):
    """Another contract of the supplier has this login."""

    code = "login_taken"
    field = "login"

    def __init__(self) -> None:
        super().__init__("another contract of yours has this login")


class ContractClosed(Conflict):
    """A closed contract gets no password: nobody could link it."""

    code = "contract_closed"

    def __init__(self) -> None:
        super().__init__("one of the contracts is closed")


class FileTooLarge(Rejected):
    """The file is larger than an import may be."""

    status = 413
    code = "file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"a file may have {limit_bytes} bytes")


class UnknownFormat(Rejected):
    """The content type is neither of the two that can be read."""

    status = 415
    code = "unknown_format"

    def __init__(self) -> None:
        super().__init__("send the file itself, with a Content-Type that this call can read")


class UnreadableFile(Rejected):
    """The file is not what its content type says."""

    code = "unreadable_file"

    def __init__(self) -> None:
        super().__init__("the file cannot be read")


class TooManyRows(Rejected):
    """The file has more rows than an import may have."""

    code = "too_many_rows"

    def __init__(self, limit: int) -> None:
        super().__init__(f"a file may have {limit} rows")


class InvalidDocuments(Rejected):
    """The file is no list of documents of the inbox's form; nothing of it was taken over."""

    code = "invalid_documents"


class UnknownColumns(Rejected):
    """The header names a column twice or one that is unknown, or lacks one."""

    code = "unknown_columns"

    def __init__(self) -> None:
        super().__init__("the first row must name the columns number and login, and may name closed, password_argon2id")


class InvalidRegistry(Rejected):
    """A registry file with faults; nothing of it was taken over."""

    code = "invalid_registry"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(["nothing was taken over:", *faults]))
