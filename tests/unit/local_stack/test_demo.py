import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from local_stack.demo import DemoUnreadable, open_demo
from local_stack.paths import REPOSITORY
from local_stack.readiness import is_ready
from local_stack.settings import INHERITED, LocalSettings
from simulators.config import FleetConfig, read_config

DEPLOYED = REPOSITORY / "deploy" / "local" / "demo"


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    made = LocalSettings(dir=tmp_path / "stack", demo_dir=DEPLOYED)
    made.paths.create()
    return made


def _ports(fleet: FleetConfig) -> list[int]:
    return [wire.port for wire in fleet.wires]


def test_wires_and_endpoints_move_together_to_the_ports_of_the_stack(settings: LocalSettings):
    shifted = settings.model_copy(update={"port_offset": 500})

    demo = open_demo(shifted)
    demo.write()

    loaded = (demo.registries["metering"], demo.registries["canary"])
    endpoints = [endpoint["port"] for registry in loaded for endpoint in registry["endpoints"]]
    assert endpoints == [15500, 15501, 15502]
    assert _ports(read_config(shifted.paths.simulators)) == endpoints
    assert list(demo.ports.values()) == endpoints


def test_the_demo_agrees_with_itself(settings: LocalSettings):
    demo = open_demo(settings)

    contract = demo.registries["contracts"]["contracts"][0]
    link = demo.links[0]
    assert (link.supplier_code, link.login, link.password) == (
        contract["supplier_code"],
        contract["login"],
        contract["password"],
    )
    logins = {(user["email"], user["password"]) for user in demo.registries["auth"]["users"]}
    assert {(person.email, person.password) for person in demo.people} == logins
    assert {point["contract_id"] for point in demo.registries["metering"]["points"]} == {contract["id"]}
    loaded = (demo.registries["metering"], demo.registries["canary"])
    serials = {meter["serial"] for registry in loaded for meter in registry["meters"]}
    assert serials == {meter["serial"] for wire in (demo.simulators or {})["wires"] for meter in wire["meters"]}


@pytest.mark.parametrize(
    ("changes", "names"),
    [({}, ["billing demo"]), ({"exclude": ("billing",)}, []), ({"suppliers": ("other",)}, []), ({"demo": False}, [])],
)
def test_billing_is_the_guides_example_with_the_suppliers_own_credential(
    settings: LocalSettings, changes: dict[str, Any], names: list[str]
):
    services = open_demo(settings.model_copy(update=changes)).billing_services(
        {"supplier-demo": {"KAFKA_USERNAME": "u"}}
    )

    assert [each.name for each in services] == names
    for each in services:
        assert Path(each.command[1]).name == "ledger_consumer.py"
        assert each.environment["KAFKA_USERNAME"] == "u"
        assert set(each.environment) <= {*INHERITED, "PYTHONSAFEPATH", "KAFKA_USERNAME"}


async def test_billing_is_ready_when_it_has_written_into_its_books_and_not_by_those_of_an_earlier_start(
    settings: LocalSettings,
):
    books = settings.paths.billing / "demo.sqlite"
    books.parent.mkdir(exist_ok=True)
    books.touch()
    os.utime(books, (1, 1))
    [billing] = open_demo(settings).billing_services({"supplier-demo": {}})
    assert not await is_ready(billing.ready)
    books.unlink()
    assert not await is_ready(billing.ready)
    books.touch()
    os.utime(books, (2**40, 2**40))
    assert await is_ready(billing.ready)


def test_what_was_loaded_is_not_loaded_again_until_its_file_changes(settings: LocalSettings):
    environments: dict[str, dict[str, str]] = {name: {} for name in ("auth", "contracts", "metering")}
    demo = open_demo(settings)
    demo.write()
    assert [job.name for job in demo.jobs(environments)] == [
        *("demo auth", "demo contracts", "demo metering", "demo canary"),
    ]

    demo.loaded()

    assert open_demo(settings).jobs(environments) == []
    moved = open_demo(settings.model_copy(update={"port_offset": 500}))
    assert [job.name for job in moved.jobs(environments)] == ["demo metering", "demo canary"]


def test_nothing_is_loaded_into_a_service_that_is_left_out(settings: LocalSettings):
    demo = open_demo(settings.model_copy(update={"exclude": ("metering",)}))

    assert set(demo.registries) == {"auth", "contracts"}


def test_the_canary_is_of_nobody_and_metering_knows_its_curve(settings: LocalSettings):
    """INVARIANT: the canary's point is of no contract that a consumer could link, and of no supplier with streams."""
    demo = open_demo(settings)
    canary = demo.registries["canary"]

    contracts = demo.registries["contracts"]
    assert canary["supplier_code"] not in {*settings.suppliers, *(each["code"] for each in contracts["suppliers"])}
    assert canary["points"][0]["contract_id"] not in {each["id"] for each in contracts["contracts"]}
    assert demo.canary["METERING_CANARY_POINT_ID"] == canary["points"][0]["id"]
    assert demo.canary["METERING_CANARY_MEAN_W"] == "1000"
    assert open_demo(settings.model_copy(update={"demo": False})).canary == {}


def test_without_a_demo_there_is_nothing(settings: LocalSettings):
    demo = open_demo(settings.model_copy(update={"demo": False}))

    assert (demo.registries, demo.ports, demo.people, demo.simulators_service({})) == ({}, {}, [], [])


@pytest.mark.parametrize(("name", "content"), [("auth", "{"), ("simulators", '{"wires": [{}]}'), ("story", "[1]")])
def test_a_broken_demo_file_is_named(settings: LocalSettings, tmp_path: Path, name: str, content: str):
    folder = tmp_path / "demo"
    shutil.copytree(DEPLOYED, folder)
    (folder / f"{name}.json").write_text(content, encoding="utf-8")

    with pytest.raises(DemoUnreadable, match=str(folder)):
        open_demo(settings.model_copy(update={"demo_dir": folder}))


def test_no_port_but_a_wires_is_moved(settings: LocalSettings, tmp_path: Path):
    folder = tmp_path / "demo"
    shutil.copytree(DEPLOYED, folder)
    path = folder / "metering.json"
    registry = json.loads(path.read_text(encoding="utf-8"))
    registry["endpoints"][0]["port"] = 4001
    path.write_text(json.dumps(registry), encoding="utf-8")

    demo = open_demo(settings.model_copy(update={"demo_dir": folder, "port_offset": 500}))

    assert [endpoint["port"] for endpoint in demo.registries["metering"]["endpoints"]] == [4001, 15501]
