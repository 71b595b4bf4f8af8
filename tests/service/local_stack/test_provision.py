from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pydantic import SecretStr

import topics
from common.kafka.connection import connection_options
from common.settings import KafkaSettings
from local_stack.provision import Changes, PartitionsDiffer, Provisioner, declare

SERVICES = dict.fromkeys(("auth", "contracts", "metering", "notify", "tickets", "meter-poller"), "service-password")
SUPPLIERS = {"demo": "demo-password", "other": "other-password"}


def _declared(suppliers: dict[str, str] = SUPPLIERS):
    every = [*topics.ALL, *(topic for code in SUPPLIERS for topic in topics.supplier_topics(code))]
    return declare(every, services=SERVICES, suppliers=suppliers)


@pytest.fixture
async def provisioner(kafka_server: KafkaSettings) -> AsyncIterator[Provisioner]:
    assert kafka_server.kafka_password is not None
    made = Provisioner(kafka_server.kafka_bootstrap_servers, kafka_server.kafka_password.get_secret_value())
    await made.apply(_declared())
    yield made
    await made.apply(declare([], services={}, suppliers={}))


def _as(server: KafkaSettings, user: str, password: str) -> KafkaSettings:
    return server.model_copy(update={"kafka_username": user, "kafka_password": SecretStr(password)})


async def _send(settings: KafkaSettings, topic: str) -> None:
    producer = AIOKafkaProducer(**connection_options(settings))
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"{}", key=b"1")
    finally:
        await producer.stop()


async def _read(settings: KafkaSettings, topic: str, *, group: str) -> int:
    consumer = AIOKafkaConsumer(topic, group_id=group, auto_offset_reset="earliest", **connection_options(settings))
    try:
        await consumer.start()
        batches = await consumer.getmany(timeout_ms=5000, max_records=1)
        return sum(map(len, batches.values()))
    finally:
        await consumer.stop()


async def test_a_repeat_changes_nothing(provisioner: Provisioner):
    assert await provisioner.apply(_declared()) == Changes()


async def test_a_user_and_rights_that_are_no_longer_declared_are_taken_away(provisioner: Provisioner):
    changes = await provisioner.apply(_declared({"demo": "demo-password"}))

    assert changes.users == 1
    assert changes.rights > 0
    assert (await provisioner.apply(_declared({"demo": "demo-password"}))) == Changes()


async def test_a_changed_retention_is_applied(provisioner: Provisioner):
    declared = _declared()
    name = topics.INTERVAL_BLOCKS.name
    partitions, configuration = declared.topics[name]
    declared.topics[name] = (partitions, configuration | {"retention.ms": "60000"})

    assert (await provisioner.apply(declared)).topics == 1
    assert (await provisioner.apply(declared)).topics == 0


async def test_another_number_of_partitions_is_refused_since_it_would_move_the_keys(provisioner: Provisioner):
    declared = _declared()
    name = topics.ENDPOINTS.name
    partitions, configuration = declared.topics[name]
    declared.topics[name] = (partitions + 1, configuration)

    with pytest.raises(PartitionsDiffer, match=name):
        await provisioner.apply(declared)


@pytest.mark.usefixtures("provisioner")
async def test_a_supplier_reads_its_own_streams_in_its_own_group(kafka_server: KafkaSettings):
    stream = topics.supplier_intervals("demo").name
    await _send(_as(kafka_server, "metering", "service-password"), stream)

    assert await _read(_as(kafka_server, "supplier-demo", "demo-password"), stream, group="supplier-demo-billing") == 1


@pytest.mark.usefixtures("provisioner")
async def test_a_supplier_reaches_nothing_of_another(kafka_server: KafkaSettings):
    """INVARIANT: a billing principal reaches only its supplier's topics and groups."""
    demo = _as(kafka_server, "supplier-demo", "demo-password")

    with pytest.raises(TopicAuthorizationFailedError):
        await _read(demo, topics.supplier_intervals("other").name, group="supplier-demo-billing")
    with pytest.raises(TopicAuthorizationFailedError):
        await _read(demo, topics.INTERVAL_BLOCKS.name, group="supplier-demo-billing")
    with pytest.raises(GroupAuthorizationFailedError):
        await _read(demo, topics.supplier_intervals("demo").name, group="supplier-other-billing")
    with pytest.raises(TopicAuthorizationFailedError):
        await _send(demo, topics.supplier_intervals("demo").name)


@pytest.mark.usefixtures("provisioner")
async def test_a_service_writes_only_what_it_owns(kafka_server: KafkaSettings):
    contracts = _as(kafka_server, "contracts", "service-password")
    await _send(contracts, topics.LINKS.name)

    with pytest.raises(TopicAuthorizationFailedError):
        await _send(contracts, topics.USERS.name)
