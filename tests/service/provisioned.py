"""A log as the stack provisions it: every topic as declared, and each service with its own rights and no more."""

from pydantic import SecretStr

import topics
from common.settings import KafkaSettings
from local_stack.provision import Provisioner, declare

SERVICES = ("auth", "contracts", "metering", "notify", "tickets", "meter-poller")
PASSWORD = "service-password"


async def provision(server: KafkaSettings, *, suppliers: tuple[str, ...] = ()) -> dict[str, KafkaSettings]:
    """Bring the test session's log to what is declared; return everybody's way in. A repeat is harmless."""
    assert server.kafka_password is not None
    provisioner = Provisioner(server.kafka_bootstrap_servers, server.kafka_password.get_secret_value())
    every = [*topics.ALL, *(topic for code in suppliers for topic in topics.supplier_topics(code))]
    services, billing = dict.fromkeys(SERVICES, PASSWORD), dict.fromkeys(suppliers, PASSWORD)
    await provisioner.apply(declare(every, services=services, suppliers=billing))
    return {
        name: server.model_copy(update={"kafka_username": name, "kafka_password": SecretStr(PASSWORD)})
        for name in (*SERVICES, *(f"supplier-{code}" for code in suppliers))
    }
