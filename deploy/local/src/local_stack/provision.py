"""Brings topics, users and access rights to what the registry in `topics` declares, at every start.

Creates and deletes the difference in users and rights. A topic is never deleted here: it holds data.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from common.kafka.topic import Topic

from .kafka import ADMIN, ITERATIONS, MECHANISM

ANSWER_WITHIN_SECONDS: Final = 30
DEAD_LETTER_HEADERS_MAX_BYTES: Final = 16 * 1024
_HOUR_MS: Final = 3_600_000
_ALL: Any = None
"""In a filter's text fields: any value. The library's annotations leave it out."""
_ANY: Final = AclBindingFilter(
    ResourceType.ANY, _ALL, ResourcePatternType.ANY, _ALL, _ALL, AclOperation.ANY, AclPermissionType.ANY
)
T = TypeVar("T")


class PartitionsDiffer(Exception):
    """A topic has another number of partitions than declared; more of them would move its keys."""


@dataclass(frozen=True, order=True)
class Right:
    """One user may do one thing to a topic or a group, or to all whose names begin so."""

    user: str
    operation: str
    kind: str
    name: str
    prefixed: bool = False

    def binding(self) -> AclBinding:
        pattern = ResourcePatternType.PREFIXED if self.prefixed else ResourcePatternType.LITERAL
        return AclBinding(
            *(ResourceType[self.kind], self.name, pattern, f"User:{self.user}", "*"),
            *(AclOperation[self.operation], AclPermissionType.ALLOW),
        )


@dataclass(frozen=True)
class Declared:
    """What the log must look like."""

    topics: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True)
class Changes:
    """How much had to be changed; all zero at a repeat."""

    topics: int = 0
    users: int = 0
    rights: int = 0


def declare(topics: Iterable[Topic[Any]], *, services: dict[str, str], suppliers: dict[str, str]) -> Declared:
    """Derive topics, users and rights. `services` and `suppliers` give the passwords, by user and by supplier code."""
    declared = Declared(passwords=services | {f"supplier-{code}": word for code, word in suppliers.items()})
    rights = {Right(name, "READ", "GROUP", f"{name}-", prefixed=True) for name in declared.passwords}
    rights |= {Right(name, "READ", "GROUP", name) for name in services}
    rights |= {Right(f"supplier-{c}", "READ", "TOPIC", f"supplier-{c}-", prefixed=True) for c in suppliers}
    for topic in topics:
        declared.topics[topic.name] = (topic.partitions, _configuration(topic))
        rights.add(Right(topic.owner, "WRITE", "TOPIC", topic.name))
        rights |= {Right(reader, "READ", "TOPIC", topic.name) for reader in topic.readers if reader in services}
        if topic.dead_lettered:
            declared.topics[topic.dead_letter_name] = (1, _dead_letter_configuration(topic))
            rights |= {Right(r, "WRITE", "TOPIC", topic.dead_letter_name) for r in topic.readers if r in services}
    return Declared(declared.topics, declared.passwords, frozenset(rights))


def _configuration(topic: Topic[Any]) -> dict[str, str]:
    hours = topic.retention_hours
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": "-1" if hours is None else str(hours * _HOUR_MS),
        "max.message.bytes": str(topic.max_message_bytes),
    }


def _dead_letter_configuration(topic: Topic[Any]) -> dict[str, str]:
    # A refused record must fit with the headers that say why.
    return _configuration(topic) | {
        "cleanup.policy": "delete",
        "max.message.bytes": str(topic.max_message_bytes + DEAD_LETTER_HEADERS_MAX_BYTES),
    }


class Provisioner:
    """An administrator's connection to the log."""

    def __init__(self, bootstrap_servers: str, password: str) -> None:
        self._client = AdminClient(
            {
                "bootstrap.servers": bootstrap_servers,
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": MECHANISM,
                "sasl.username": ADMIN,
                "sasl.password": password,
                "log_level": 0,
            }
        )

    async def apply(self, declared: Declared) -> Changes:
        """Change what differs. A repeat changes nothing.

        Raises PartitionsDiffer, or KafkaException if the broker refuses or does not answer in time.
        """
        topics, users, rights = await asyncio.gather(
            self._apply_topics(declared.topics),
            self._apply_users(declared.passwords),
            self._apply_rights(declared.rights),
        )
        return Changes(topics, users, rights)

    async def _apply_topics(self, wanted: dict[str, tuple[int, dict[str, str]]]) -> int:
        metadata = await asyncio.to_thread(self._client.list_topics, timeout=ANSWER_WITHIN_SECONDS)
        present = {name: len(topic.partitions) for name, topic in metadata.topics.items()}
        for name in wanted.keys() & present.keys():
            if present[name] != wanted[name][0]:
                msg = f"topic {name} has {present[name]} partitions, {wanted[name][0]} are declared"
                raise PartitionsDiffer(msg)
        new = [
            NewTopic(name, partitions, 1, config=config)
            for name, (partitions, config) in wanted.items()
            if name not in present
        ]
        if new:
            await _all(self._client.create_topics(new, request_timeout=ANSWER_WITHIN_SECONDS).values())
        return len(new) + await self._apply_configurations({n: wanted[n][1] for n in wanted.keys() & present.keys()})

    async def _apply_configurations(self, wanted: dict[str, dict[str, str]]) -> int:
        if not wanted:
            return 0
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in wanted]
        described = self._client.describe_configs(resources, request_timeout=ANSWER_WITHIN_SECONDS)
        present = {resource.name: await asyncio.wrap_future(future) for resource, future in described.items()}
        differing = [
            ConfigResource(
                ConfigResource.Type.TOPIC,
                name,
                incremental_configs=[
                    ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
                    for key, value in config.items()
                ],
            )
            for name, config in wanted.items()
            if any(present[name][key].value != value for key, value in config.items())
        ]
        if differing:
            await _all(self._client.incremental_alter_configs(differing).values())
        return len(differing)

    async def _apply_users(self, passwords: dict[str, str]) -> int:
        describing: Any = self._client.describe_user_scram_credentials(request_timeout=ANSWER_WITHIN_SECONDS)
        described = await asyncio.wrap_future(describing)
        present = set(described) - {ADMIN}
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        changes: list[UserScramCredentialAlteration] = [
            *(UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_512) for name in present - passwords.keys()),
            *(
                UserScramCredentialUpsertion(name, credential, passwords[name].encode())
                for name in passwords.keys() - present
            ),
        ]
        if changes:
            await _all(self._client.alter_user_scram_credentials(changes).values())
        return len(changes)

    async def _apply_rights(self, wanted: frozenset[Right]) -> int:
        present = set(
            await asyncio.wrap_future(self._client.describe_acls(_ANY, request_timeout=ANSWER_WITHIN_SECONDS))
        )
        bindings = {right.binding() for right in wanted}
        if new := list(bindings - present):
            await _all(self._client.create_acls(new).values())
        if old := [_exactly(binding) for binding in present - bindings]:
            await _all(self._client.delete_acls(old).values())
        return len(new) + len(old)


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        *(binding.restype, binding.name, binding.resource_pattern_type, binding.principal, binding.host),
        *(binding.operation, binding.permission_type),
    )


async def _all(futures: Iterable["Future[T]"]) -> list[T]:
    return list(await asyncio.gather(*(asyncio.wrap_future(future) for future in futures)))
