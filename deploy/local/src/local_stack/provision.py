"""Brings topics, users and access rights to what the registry in `topics` declares, at every start.

Creates and deletes the difference in users and rights. A topic is never deleted here: it holds data.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

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
SEEN_WITHIN_SECONDS: Final = 10
DEAD_LETTER_HEADERS_MAX_BYTES: Final = 16 * 1024
_HOUR_MS: Final = 3_600_000
_ALL: Any = None
"""In a filter's text fields: any value. The library's annotations leave it out."""
_ANY: Final = AclBindingFilter(
    ResourceType.ANY, _ALL, ResourcePatternType.ANY, _ALL, _ALL, AclOperation.ANY, AclPermissionType.ANY
)
Topics = dict[str, tuple[int, dict[str, str]]]
"""Partitions and configuration, by name."""


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

    topics: Topics = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True)
class Changes:
    """How much had to be changed; all zero at a repeat."""

    topics: int = 0
    users: int = 0
    rights: int = 0


@dataclass(frozen=True)
class _Plan:
    """What differs from the declared state."""

    topics: list[NewTopic]
    configurations: list[ConfigResource]
    users: list[UserScramCredentialAlteration]
    granted: list[AclBinding]
    revoked: list[AclBindingFilter]

    @property
    def changes(self) -> Changes:
        topics = len(self.topics) + len(self.configurations)
        return Changes(topics=topics, users=len(self.users), rights=len(self.granted) + len(self.revoked))


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
        """Change what differs and return when the broker acts on it. A repeat changes nothing.

        Raises PartitionsDiffer, TimeoutError, or KafkaException if the broker refuses.
        """
        plan = await self._plan(declared)
        await self._carry_out(plan)
        if plan.changes != Changes():
            async with asyncio.timeout(SEEN_WITHIN_SECONDS):
                # The broker answers before it has taken a change over; a client would be refused meanwhile.
                while (await self._plan(declared)).changes != Changes():
                    await asyncio.sleep(0.02)
        return plan.changes

    async def _plan(self, declared: Declared) -> _Plan:
        (topics, configurations), users, (granted, revoked) = await asyncio.gather(
            self._differing_topics(declared.topics),
            self._differing_users(declared.passwords),
            self._differing_rights(declared.rights),
        )
        return _Plan(topics, configurations, users, granted, revoked)

    async def _carry_out(self, plan: _Plan) -> None:
        client, within = self._client, ANSWER_WITHIN_SECONDS
        # The library refuses empty lists.
        if plan.topics:
            await _all(client.create_topics(plan.topics, request_timeout=within))
        if plan.configurations:
            await _all(client.incremental_alter_configs(plan.configurations, request_timeout=within))
        if plan.users:
            await _all(client.alter_user_scram_credentials(plan.users, request_timeout=within))
        if plan.granted:
            await _all(client.create_acls(plan.granted, request_timeout=within))
        if plan.revoked:
            await _all(client.delete_acls(plan.revoked, request_timeout=within))

    async def _differing_topics(self, wanted: Topics) -> tuple[list[NewTopic], list[ConfigResource]]:
        metadata = await asyncio.to_thread(self._client.list_topics, timeout=ANSWER_WITHIN_SECONDS)
        present = {name: len(topic.partitions) for name, topic in metadata.topics.items() if name in wanted}
        for name, partitions in present.items():
            if partitions != wanted[name][0]:
                raise PartitionsDiffer(f"topic {name} has {partitions} partitions, {wanted[name][0]} are declared")
        new = [
            NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
            for name, (partitions, config) in wanted.items()
            if name not in present
        ]
        return new, await self._differing_configurations({name: wanted[name][1] for name in present})

    async def _differing_configurations(self, wanted: dict[str, dict[str, str]]) -> list[ConfigResource]:
        if not wanted:
            return []
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in wanted]
        described = self._client.describe_configs(resources, request_timeout=ANSWER_WITHIN_SECONDS)
        present = {resource.name: await asyncio.wrap_future(future) for resource, future in described.items()}
        return [
            ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=_settings(config))
            for name, config in wanted.items()
            if any(present[name][key].value != value for key, value in config.items())
        ]

    async def _differing_users(self, passwords: dict[str, str]) -> list[UserScramCredentialAlteration]:
        describing: Any = self._client.describe_user_scram_credentials(request_timeout=ANSWER_WITHIN_SECONDS)
        present = set(await asyncio.wrap_future(describing)) - {ADMIN}
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        return [
            *(UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_512) for name in present - passwords.keys()),
            *(
                UserScramCredentialUpsertion(name, credential, passwords[name].encode())
                for name in passwords.keys() - present
            ),
        ]

    async def _differing_rights(self, wanted: frozenset[Right]) -> tuple[list[AclBinding], list[AclBindingFilter]]:
        describing = self._client.describe_acls(_ANY, request_timeout=ANSWER_WITHIN_SECONDS)
        present = set(await asyncio.wrap_future(describing))
        bindings = {right.binding() for right in wanted}
        return list(bindings - present), [_exactly(binding) for binding in present - bindings]


def _settings(configuration: dict[str, str]) -> list[ConfigEntry]:
    return [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in configuration.items()
    ]


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        *(binding.restype, binding.name, binding.resource_pattern_type, binding.principal, binding.host),
        *(binding.operation, binding.permission_type),
    )


async def _all(futures: "dict[Any, Future[Any]]") -> None:
    await asyncio.gather(*(asyncio.wrap_future(future) for future in futures.values()))
