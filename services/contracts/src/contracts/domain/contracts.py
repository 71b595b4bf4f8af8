"""What a supplier and a contract are, and what a registry file says of them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """A utility. `code` also names its topics."""

    code: str
    name: str
    phone: str | None
    email: str | None
    site: str | None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A supply contract. `version` rises with every change that others must learn of.

    Without a password hash no password has been issued yet, and nobody can link it.
    """

    contract_id: UUID
    supplier_code: str
    number: str
    login: str
    password_hash: str | None
    version: int
    closed: bool


@dataclass(frozen=True, kw_only=True)
class RegisteredContract:
    """A contract as a registry file gives it."""

    contract_id: UUID
    supplier_code: str
    number: str
    login: str
    password: str
    closed: bool


@dataclass(frozen=True, kw_only=True)
class Registry:
    """What a registry file gives: suppliers, and contracts of these or of suppliers already known."""

    suppliers: tuple[Supplier, ...]
    contracts: tuple[RegisteredContract, ...]
