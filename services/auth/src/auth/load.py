"""`python -m auth load FILE`: users from a JSON file, all or none.

    {"users": [{"id": "0197…", "email": "anna@example.org", "full_name": "Анна Орлова", "phone": "+79160000000",
                "password": null, "language": "ru", "roles": ["consumer"],
                "supplier_code": null, "disabled": false, "reset_password": false, "reset_factors": false}]}

Required: id (UUID), email, full_name. Defaults: phone null, password null (nobody knows it: the user recovers access),
language "ru", roles ["consumer"], supplier_code null (required for the role operator, and for it alone), disabled
false, reset_password false, reset_factors false.

A repeat changes nothing. A user with a known id is brought to what the file says, with an event; the password is
set for new users only, unless `reset_password` is true. `reset_factors` removes the second factors that are there at
that load, of a user who lost them and has shown otherwise who it is. A new password, no factors or `disabled` ends
the user's logins. Users that the file does not name stay. Guide: docs/guides/operator/users-file.md.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import SecurityEventKind, User, new_token, token_text
from auth.errors import InvalidUsersFile, WeakPassword
from auth.metrics import PASSWORD_SECONDS
from auth.password_rules import MAX_LENGTH, check_new_password, context_words
from auth.repository import api_keys, factors, logins, users
from auth.service import letters, security_log
from auth.service.users import user_event
from auth.settings import Settings
from common import outbox
from common.db import open_engine
from common.email_addresses import Email
from common.http.text import Line
from common.logging import get_logger
from common.passwords import Passwords
from topics.auth import USERS
from topics.supplier import SUPPLIER_CODE

log = get_logger(__name__)


class FileUser(BaseModel):
    """One user of the file."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    email: Email
    full_name: Annotated[Line, Field(max_length=200)]
    phone: Annotated[str | None, Field(pattern=r"^\+[0-9]{7,15}$")] = None
    password: Annotated[SecretStr | None, Field(max_length=MAX_LENGTH)] = None
    language: Literal["ru", "en"] = "ru"
    roles: Annotated[list[Literal["consumer", "operator", "admin"]], Field(min_length=1)] = ["consumer"]
    supplier_code: Annotated[str | None, Field(pattern=f"^{SUPPLIER_CODE.pattern}$")] = None
    disabled: bool = False
    reset_password: bool = False
    reset_factors: bool = False

    @model_validator(mode="after")
    def _operator_has_supplier(self) -> Self:
        if ("operator" in self.roles) != (self.supplier_code is not None):
            msg = "supplier_code belongs to the role operator, and to it alone"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _password_may_be_chosen(self) -> Self:
        """As at registration: a person signs in with it until it is changed."""
        if self.password is None:
            if self.reset_password:
                msg = "reset_password needs a password"
                raise ValueError(msg)
            return self
        context = context_words(email=self.email, full_name=self.full_name)
        try:
            check_new_password(self.password.get_secret_value(), context=context)
        except WeakPassword as error:
            raise ValueError(error.detail) from error
        return self


class UsersFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    users: list[FileUser]


@dataclass(frozen=True)
class Loaded:
    """How many users were added, changed, and found as the file has them."""

    added: int
    changed: int
    unchanged: int


def read_users_file(path: Path) -> UsersFile:
    """Read and check the file. Raises InvalidUsersFile, which names places and faults but no values."""
    try:
        return UsersFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidUsersFile(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        )
        raise InvalidUsersFile(f"{path}: {faults}") from error


async def load(settings: Settings, path: Path) -> None:
    """Load the file into the database of the settings. Raises InvalidUsersFile; then nothing was changed."""
    file = await asyncio.to_thread(read_users_file, path)
    passwords = Passwords(settings, seconds=PASSWORD_SECONDS)
    try:
        async with open_engine(settings) as engine, engine.begin() as connection:
            await load_users(connection, passwords, file, now=datetime.now(UTC))
    finally:
        passwords.close()


async def load_users(connection: AsyncConnection, passwords: Passwords, file: UsersFile, *, now: datetime) -> Loaded:
    """Bring the users to what the file says, with an event for each change, in the caller's transaction.

    Raises InvalidUsersFile if two users would have one e-mail.
    """
    await users.lock(connection, "users")
    try:
        outcomes = [await _load(connection, passwords, user, now=now) for user in file.users]
    except IntegrityError as error:
        raise InvalidUsersFile("two users would have the same e-mail") from error
    loaded = Loaded(*(outcomes.count(outcome) for outcome in ("added", "changed", "unchanged")))
    log.info("users_file.loaded", added=loaded.added, changed=loaded.changed, unchanged=loaded.unchanged)
    return loaded


async def _load(connection: AsyncConnection, passwords: Passwords, given: FileUser, *, now: datetime) -> str:
    password = token_text(new_token()) if given.password is None else given.password.get_secret_value()
    found = await users.find_user(connection, given.id)
    if found is None:
        user = _wanted(given, version=1)
        await users.put_user(connection, user, password_hash=await passwords.hash(password), now=now)
        await outbox.add(connection, USERS, user_event(user))
        return "added"
    present, stored = found
    reset = given.reset_password and not (await passwords.check(password, stored)).fits
    cleared = given.reset_factors and await _remove_factors(connection, present, now=now)
    if _wanted(given, version=present.version) == present and not reset:
        return "changed" if cleared else "unchanged"
    user = _wanted(given, version=present.version + 1)
    password_hash = await passwords.hash(password) if reset else stored
    await users.put_user(connection, user, password_hash=password_hash, now=now)
    await outbox.add(connection, USERS, user_event(user))
    if reset or user.disabled:
        reason = "disabled" if user.disabled else "password_reset"
        await logins.end_logins_of(connection, user.id, reason=reason, now=now)
        await api_keys.revoke_keys_of(connection, user.id, now=now)
    return "changed"


async def _remove_factors(connection: AsyncConnection, user: User, *, now: datetime) -> bool:
    """Remove the second factors and recovery codes, end the sessions and tell the user; False if there were none."""
    held = await factors.list_factors(connection, user.id)
    for factor in held:
        await factors.remove_factor(connection, user.id, factor.id)
    if not held:
        return False
    await factors.replace_recovery_codes(connection, user.id, [], now=now)
    await logins.end_logins_of(connection, user.id, reason="factors_reset", now=now)
    await letters.account_changed(connection, user, letters.Change.FACTOR_REMOVED, now=now)
    await security_log.record(connection, user.id, SecurityEventKind.FACTOR_REMOVED, client=None, now=now)
    return True


def _wanted(given: FileUser, *, version: int) -> User:
    return User(
        id=given.id,
        email=given.email,
        full_name=given.full_name,
        phone=given.phone,
        language=given.language,
        roles=tuple(sorted(set(given.roles))),
        supplier_code=given.supplier_code,
        disabled=given.disabled,
        version=version,
    )
