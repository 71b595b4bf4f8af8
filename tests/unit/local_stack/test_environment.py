import json
import stat
from pathlib import Path

from local_stack.environment import service_environments, supplier_environment, write_environments
from local_stack.passwords import open_secrets
from local_stack.processes import KAFKA_USERS
from local_stack.report import table
from local_stack.settings import SERVICES, LocalSettings


def _environments(folder: Path) -> dict[str, dict[str, str]]:
    settings = LocalSettings(dir=folder, port_offset=100)
    settings.paths.create()
    held = open_secrets(
        settings.paths.secrets, users=KAFKA_USERS, databases=SERVICES, suppliers=("demo",), data_exists=False
    )
    return service_environments(settings, held) | {"supplier-demo": supplier_environment(settings, held, "demo")}


def test_a_service_gets_its_own_passwords_and_nobody_elses(tmp_path: Path):
    environments = _environments(tmp_path)

    secrets = {
        (name, value)
        for name, values in environments.items()
        for key, value in values.items()
        if key.endswith(("PASSWORD", "DATABASE_URL", "ENCRYPTION_KEY"))
    }
    assert len({value for _, value in secrets}) == len(secrets) > 10


def test_every_variable_of_a_service_has_its_prefix_or_is_the_clocks(tmp_path: Path):
    environments = _environments(tmp_path)

    for name in (*SERVICES, "meter-poller", "web", "gateway"):
        prefix = name.upper().replace("-", "_") + "_"
        assert all(key.startswith((prefix, "CLOCK_")) for key in environments[name]), name


def test_ports_are_those_of_the_stack(tmp_path: Path):
    environments = _environments(tmp_path)

    assert environments["metering"]["METERING_HTTP_PORT"] == "8203"
    assert environments["gateway"]["GATEWAY_METERING_URL"] == "http://127.0.0.1:8203"
    assert environments["supplier-demo"]["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:9192"


def test_letters_passkeys_and_the_printed_address_name_one_host(tmp_path: Path):
    """A passkey belongs to a host name, and a session's cookie to the host of the link that was opened."""
    environments = _environments(tmp_path)
    settings = LocalSettings(dir=tmp_path, port_offset=100)

    assert settings.portal_url == "http://localhost:8180"
    assert json.loads(environments["auth"]["AUTH_PASSKEY_ORIGINS"]) == [settings.portal_url]
    assert environments["notify"]["NOTIFY_PUBLIC_URL"] == settings.portal_url
    assert any(settings.portal_url in line for line in table(settings, [], seconds=1.0))


def test_the_files_for_a_debugger_are_for_their_owner_only_and_survive_a_shell(tmp_path: Path):
    settings = LocalSettings(dir=tmp_path)
    settings.paths.create()

    write_environments(settings.paths, {"metering": {"METERING_NAME": "two words"}})

    file = settings.paths.env / "metering.env"
    assert file.read_text(encoding="utf-8") == "METERING_NAME='two words'\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
