"""The stack's passwords: made at the first start, kept in `.local/secrets.json`, never on a command line."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .paths import write_private

KEYED = ("auth", "contracts")
"""Services that keep a secret of their own."""


class SecretsMissing(Exception):
    """There is data, but the passwords to it are gone."""


@dataclass
class Secrets:
    """Passwords by user. `kafka` and `postgres` hold one for each service, `suppliers` one for each billing user;

    `keys` are what services encrypt and sign with.
    """

    kafka_admin: str
    kafka_node: str
    kafka_cluster_id: str
    postgres_admin: str
    kafka: dict[str, str] = field(default_factory=dict)
    postgres: dict[str, str] = field(default_factory=dict)
    suppliers: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


def password() -> str:
    return secrets.token_urlsafe(32)


def cluster_id() -> str:
    """Return 16 random bytes as Kafka writes them: base64url without padding, no dash in front."""
    while (value := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return value


def open_secrets(
    path: Path, *, users: tuple[str, ...], databases: tuple[str, ...], suppliers: tuple[str, ...], data_exists: bool
) -> Secrets:
    """Read the passwords, making those that are missing. A repeat changes nothing.

    Raises SecretsMissing if there is data of an earlier start but no file of passwords to it.
    """
    if path.exists():
        held = Secrets(**json.loads(path.read_text(encoding="utf-8")))
    elif data_exists:
        msg = f"{path} is missing, but data made with its passwords is there: restore it, or forget the data"
        raise SecretsMissing(msg)
    else:
        held = Secrets(password(), password(), cluster_id(), password())
    before = asdict(held)
    wanted = ((users, held.kafka), (databases, held.postgres), (suppliers, held.suppliers), (KEYED, held.keys))
    for names, passwords in wanted:
        for name in names:
            passwords.setdefault(name, password())
    if not path.exists() or asdict(held) != before:
        write_private(path, json.dumps(asdict(held), indent=2) + "\n")
    return held
