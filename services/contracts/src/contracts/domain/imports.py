"""What imports find: rows and documents, or their faults. All of a file is taken over, or nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RowFault:
    """What is wrong with one row; `row` as the sheet counts, `column` as our name for it."""

    row: int
    column: str | None
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class DocumentFault:
    """What is wrong with one document of a list; the first is 0."""

    position: int
    document_id: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ImportedContract:
    """One good row. Null leaves what is there; a new contract then has no password and is open."""

    row: int
    number: str
    login: str
    password_argon2id: str | None
    closed: bool | None


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did, or would do. With faults nothing was taken over. `passwords`: some row carries one's hash."""

    rows: int
    created: int
    changed: int
    unchanged: int
    passwords: bool
    faults: tuple[RowFault, ...]
