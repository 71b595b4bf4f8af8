"""What the stack is seeded with: people, contracts, points and simulated meters, read from the demo folder.

Goes in only by ways that a real operator or consumer has: the services' `load` command and the public API.
Must not touch a database or a topic.
"""

import asyncio
import hashlib
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .paths import REPOSITORY, Paths, write_private
from .report import Person
from .settings import LocalSettings, inherited_environment
from .supervisor import Job, Service

LOADED: Final = {"auth": "auth", "contracts": "contracts", "metering": "metering", "canary": "metering"}
"""The service that loads each file. The canary's point is of a supplier without streams and of nobody's contract."""
CONSUMER: Final = REPOSITORY / "docs" / "guides" / "billing" / "ledger_consumer.py"
"""The example of the billing guide, as any supplier could run it."""
FIRST_WIRE_PORT: Final = 15000
"""The port of the first wire as the files in the demo folder are written."""


class DemoUnreadable(Exception):
    """A file of the demo folder is no JSON or lacks something; the message names it."""


@dataclass(frozen=True)
class Link:
    """A contract that a demo person links, as the supplier's letter says."""

    email: str
    supplier_code: str
    name: str
    login: str
    password: str


@dataclass(frozen=True)
class Demo:
    """The demo folder's files, with the ports of this stack."""

    paths: Paths
    registries: dict[str, Any]
    simulators: dict[str, Any] | None
    people: list[Person]
    links: list[Link]
    history_days: int
    billing: tuple[str, ...] = ()

    @property
    def ports(self) -> dict[str, int]:
        """The simulated wires' ports, by what they are."""
        wires = self.simulators["wires"] if self.simulators else []
        return {f"wire {wire['name']} (LOCAL_SIMULATORS_PORT)": wire["port"] for wire in wires}

    @property
    def canary(self) -> dict[str, str]:
        """What metering must know of the point whose meter counts a known curve; nothing if there is none."""
        if "canary" not in self.registries or self.simulators is None:
            return {}
        registry = self.registries["canary"]
        serial = registry["meters"][0]["serial"]
        meters = (meter for wire in self.simulators["wires"] for meter in wire["meters"])
        meter = next(each for each in meters if each["serial"] == serial)
        return {
            "METERING_CANARY_POINT_ID": registry["points"][0]["id"],
            "METERING_CANARY_MEAN_W": str(meter["curve"]["mean_w"]),
            "METERING_CANARY_CLOCK_ZONE": meter["clock_zone"],
        }

    def write(self) -> None:
        """Write the files that the processes read."""
        if self.simulators is not None:
            write_private(self.paths.simulators, _text(self.simulators))
        for name, registry in self.registries.items():
            write_private(self._file(name), _text(registry))

    def jobs(self, environments: dict[str, dict[str, str]]) -> list[Job]:
        """Return the loads that are not done yet, each after its service has migrated. A repeat is harmless."""
        return [
            Job(
                name=f"demo {name}",
                command=(sys.executable, "-m", LOADED[name], "load", str(self._file(name))),
                environment=inherited_environment() | environments[LOADED[name]],
                needs=(LOADED[name],),
            )
            for name, registry in self.registries.items()
            if self._stamp(name) != _digest(registry)
        ]

    def simulators_service(self, environments: dict[str, dict[str, str]]) -> list[Service]:
        """Return the process of the simulated meters, if there are any."""
        if not self.ports:
            return []
        command = (sys.executable, "-m", "simulators", "--config", str(self.paths.simulators))
        environment = inherited_environment() | environments["simulators"]
        return [Service("simulators", command, environment, ready=next(reversed(self.ports.values())))]

    def billing_services(self, environments: dict[str, dict[str, str]]) -> list[Service]:
        """Return the billing of each supplier that has one here: ready when it writes into its books."""
        return [self._billing_of(code, environments[f"supplier-{code}"]) for code in self.billing]

    def _billing_of(self, code: str, environment: dict[str, str]) -> Service:
        books, since = self.paths.billing / f"{code}.sqlite", time.time()

        async def is_kept() -> bool:
            return (await asyncio.to_thread(books.stat)).st_mtime > since

        return Service(
            name=f"billing {code}",
            command=(sys.executable, str(CONSUMER), code, str(books)),
            environment=inherited_environment() | environment,
            ready=is_kept,
            needs=("topics and rights",),
        )

    def loaded(self) -> None:
        """Remember that all loads are done."""
        for name, registry in self.registries.items():
            self._file(name).with_suffix(".sha256").write_text(_digest(registry), encoding="ascii")

    def _file(self, name: str) -> Path:
        return self.paths.demo / f"{name}.json"

    def _stamp(self, name: str) -> str | None:
        stamp = self._file(name).with_suffix(".sha256")
        return stamp.read_text(encoding="ascii") if stamp.exists() else None


def open_demo(settings: LocalSettings) -> Demo:
    """Read the demo folder. Nothing is seeded if the settings say so, nor into a service that is left out.

    Raises DemoUnreadable.
    """
    if not settings.demo:
        return Demo(settings.paths, {}, None, [], [], 0)
    shift = settings.ports["simulators"] - FIRST_WIRE_PORT
    files = {path.stem: _read(path) for path in settings.demo_dir.glob("*.json")}
    try:
        return _told(settings, files, shift)
    except (KeyError, TypeError, AttributeError) as error:
        raise DemoUnreadable(f"{settings.demo_dir}: {error!r}") from error


def _told(settings: LocalSettings, files: dict[str, Any], shift: int) -> Demo:
    if "simulators" in files:
        ours = {wire["port"] for wire in files["simulators"]["wires"]}
        files = {name: _shifted(content, ours, shift) for name, content in files.items()}
    story = files.get("story", {})
    people = [Person(**person) for person in story.get("people", [])]
    links = [Link(**link) for link in story.get("links", [])]
    if strangers := {link.email for link in links} - {person.email for person in people}:
        raise DemoUnreadable(f"{settings.demo_dir}/story.json links contracts for {strangers}, who are not its people")
    return Demo(
        paths=settings.paths,
        registries={name: files[name] for name in LOADED if name in files and LOADED[name] not in settings.exclude},
        simulators=files.get("simulators"),
        people=people,
        links=links,
        history_days=story.get("history_days", 0),
        billing=tuple(
            code
            for code in story.get("billing", ())
            if code in settings.suppliers and "billing" not in settings.exclude
        ),
    )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DemoUnreadable(f"{path}: {error}") from error


def _shifted(content: Any, ports: set[int], shift: int) -> Any:
    """Move the simulated wires' ports wherever they are named."""
    if isinstance(content, list):
        return [_shifted(item, ports, shift) for item in content]
    if not isinstance(content, dict):
        return content
    return {
        key: value + shift if key == "port" and value in ports else _shifted(value, ports, shift)
        for key, value in content.items()
    }


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _digest(content: Any) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()
