"""What a user, a login and a signing key are, and the rules that need neither database nor network."""

import ipaddress
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from uuid import UUID

ROLES = ("consumer", "operator", "admin")
STAFF = frozenset({"operator", "admin"})
LANGUAGES = ("ru", "en")

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

# What a reader of the key set may still accept after expiry (see common.http.auth), with room for clocks apart.
KEY_OVERLAP = timedelta(minutes=2)

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Linux", "Linux"),
    ("Darwin", "macOS"),
)
# In this order: each names those below it as well.
_BROWSERS = (
    ("YaBrowser/", "Yandex Browser"),
    ("YaSearchBrowser/", "Yandex"),
    ("YaApp_", "Yandex"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("MiuiBrowser/", "Mi Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("GSA/", "Google"),
    ("HeadlessChrome/", "Chrome without a window"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("AppleWebKit/", "WebKit"),
)
# Programs; they begin their header with their own name.
_PROGRAMS = (
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python-httpx/", "Python"),
    ("python-requests/", "Python"),
    ("Python/", "Python"),
    ("Python-urllib/", "Python"),
    ("Go-http-client/", "Go"),
    ("okhttp/", "OkHttp"),
    ("Java/", "Java"),
    ("Java-http-client/", "Java"),
    ("node", "Node.js"),
    ("axios/", "Node.js"),
    ("PostmanRuntime/", "Postman"),
    ("insomnia/", "Insomnia"),
    ("PowerShell/", "PowerShell"),
)
UNKNOWN_DEVICE = "?"


@dataclass(frozen=True, kw_only=True)
class User:
    """A person who may sign in. `supplier_code` is set for operators and for nobody else."""

    id: UUID
    email: str
    full_name: str
    phone: str | None
    language: str
    roles: tuple[str, ...]
    supplier_code: str | None
    disabled: bool
    version: int

    def in_session(self, factor_shown_at: datetime | None) -> "User":
        """Return the user as a session has it: staff who have shown no second factor in it have no role there.

        ASVS 6.3.3. Such a session may add a factor and end, nothing else.
        """
        if factor_shown_at is None and STAFF.intersection(self.roles):
            return replace(self, roles=(), supplier_code=None)
        return self


@dataclass(frozen=True, kw_only=True)
class Login:
    """A user's session. Up to `confirmed_until` it may change what a thief of the session would change first."""

    id: UUID
    user_id: UUID
    device_hmac: bytes
    device_name: str
    address: str | None
    created_at: datetime
    last_used_at: datetime
    confirmed_until: datetime | None

    def is_confirmed(self, now: datetime) -> bool:
        return self.confirmed_until is not None and self.confirmed_until > now


@dataclass(frozen=True, kw_only=True)
class StoredRefreshToken:
    """What is known of a refresh token. `successor_salt` is set together with `used_at`."""

    login_id: UUID
    expires_at: datetime
    used_at: datetime | None
    successor_salt: bytes | None


@dataclass(frozen=True, kw_only=True)
class Registration:
    """An account that is asked for. It becomes a user when the letter's link is opened."""

    id: UUID
    email: str
    full_name: str
    phone: str
    password_hash: str
    language: str


class LinkPurpose(str, Enum):
    """What a one-time link is for; its token is of no use for anything else."""

    REGISTRATION = "registration"
    RECOVERY = "recovery"
    EMAIL_CHANGE = "email_change"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A one-time link. Of a registration, or of a user; `email` is the new address of an e-mail change."""

    purpose: LinkPurpose
    expires_at: datetime
    registration_id: UUID | None = None
    user_id: UUID | None = None
    login_id: UUID | None = None
    email: str | None = None
    used_at: datetime | None = None


class SecurityEventKind(str, Enum):
    """What the owner of an account may want to know about it."""

    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SECOND_FACTOR_ASKED = "second_factor_asked"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 -- a word, not a secret
    RECOVERY_REQUESTED = "recovery_requested"
    PASSWORD_RECOVERED = "password_recovered"  # noqa: S105 -- as above
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- as above
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    PHONE_CHANGED = "phone_changed"
    STEPPED_UP = "stepped_up"
    STEP_UP_REFUSED = "step_up_refused"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    API_KEY_MADE = "api_key_made"
    API_KEY_REVOKED = "api_key_revoked"


@dataclass(frozen=True, kw_only=True)
class SecurityEvent:
    """One line of a user's security log. `device` in our words, `address` as the gateway saw it."""

    id: UUID
    user_id: UUID
    at: datetime
    kind: SecurityEventKind
    device: str | None
    address: str | None


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A program's way to read what its owner sees of some contracts."""

    id: UUID
    user_id: UUID
    name: str
    contract_ids: tuple[UUID, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


@dataclass(frozen=True)
class KeyTimes:
    """When a signing key begins to sign; it is published before that and after the next has begun."""

    key_id: str
    signs_from: datetime


def email_hint(email: str) -> str:
    """Return the address with all but its first letter and its domain hidden: enough to know which one is meant."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def new_token() -> bytes:
    """Return a fresh secret of 256 bits."""
    return secrets.token_bytes(TOKEN_BYTES)


def token_text(token: bytes) -> str:
    """Return the form that travels in a cookie."""
    return urlsafe_b64encode(token).decode().rstrip("=")


def token_of(text: str | None) -> bytes | None:
    """Return the secret of a cookie, or None if no cookie came or it cannot be one of ours."""
    if text is None or not _TOKEN.fullmatch(text):
        return None
    return urlsafe_b64decode(text + "=")


def address_block(address: str) -> str:
    """Return whose attempts are counted together: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:  # noqa: PLR2004 -- the protocol's number
        parsed = parsed.ipv4_mapped
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))  # noqa: PLR2004


def describe_device(user_agent: str) -> str:
    """Return browser or program and system in a few words of ours, or UNKNOWN_DEVICE, for which readers have words.

    Nothing that a stranger wrote gets into a letter. Address and this are all the place that a session has.
    """
    program = next((name for mark, name in _PROGRAMS if user_agent.startswith(mark)), None)
    browser = program or next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return ", ".join(part for part in (browser, system) if part) or UNKNOWN_DEVICE


def signing_key(keys: Sequence[KeyTimes], now: datetime) -> KeyTimes:
    """Return the key that signs at `now`: the latest that has begun. Raises ValueError if none has."""
    begun = [key for key in keys if key.signs_from <= now]
    if not begun:
        msg = "no signing key has begun"
        raise ValueError(msg)
    return max(begun, key=lambda key: key.signs_from)


def published_keys(keys: Sequence[KeyTimes], now: datetime, *, token_lifetime: timedelta) -> list[KeyTimes]:
    """Return the keys of the public set, newest first.

    A key stays until the last token that it signed has ended: its successor's beginning plus the lifetime.
    """
    ordered = sorted(keys, key=lambda key: key.signs_from, reverse=True)
    needed_from = now - token_lifetime - KEY_OVERLAP
    return ordered[:1] + [key for newer, key in pairwise(ordered) if newer.signs_from > needed_from]
