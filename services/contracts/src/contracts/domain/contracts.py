"""What a supplier and a contract are, and what a registry file says of them."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """A utility. `code` also names its topics. `pay_url` may hold the placeholder of `domain.pay_links`."""

    code: str
    name: str
    phone: str | None
    email: str | None
    site: str | None
    pay_url: str | None = None


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
class StaffContract:
    """A contract as its supplier's staff sees it. `users` is how many people see it, not who they are."""

    contract_id: UUID
    number: str
    login: str
    closed: bool
    has_password: bool
    users: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class SoughtContracts:
    """Which of its supplier's contracts the staff looks for; None is any. `linked`: somebody sees it now."""

    number_begins: str = ""
    login_begins: str = ""
    closed: bool | None = None
    has_password: bool | None = None
    linked: bool | None = None


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


# The portal's own parameters and no others: with dearer ones a check would take longer than that of an unknown login.
_PORTALS_HASH = re.compile(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})")


def is_portals_hash(encoded: str) -> bool:
    """Say whether a text is an encoded argon2id hash with the portal's parameters, as a supplier may send it."""
    found = _PORTALS_HASH.fullmatch(encoded)
    return found is not None and all(_is_canonical(part) for part in found.groups())


def _is_canonical(part: str) -> bool:
    """Say whether base64 ends in no stray bits; argon2 refuses to read such."""
    padded = part + "=" * (-len(part) % 4)
    return base64.b64encode(base64.b64decode(padded)).decode().rstrip("=") == part
