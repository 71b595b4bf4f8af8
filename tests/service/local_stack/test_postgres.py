from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import run_part
from tests.ports import isolated_settings

from local_stack import postgres
from local_stack.passwords import Secrets, cluster_id, password
from local_stack.settings import LocalSettings


@pytest.fixture(scope="module")
def held() -> Secrets:
    return Secrets(
        password(), password(), cluster_id(), password(), postgres={"auth": password(), "contracts": password()}
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, held: Secrets) -> Iterator[LocalSettings]:
    folder = tmp_path_factory.mktemp("databases")
    made = isolated_settings(folder)
    made.paths.create()
    postgres.prepare(made, held)
    with run_part(postgres.server_service(made, held, ()), folder / "server.log"):
        yield made


def _url(settings: LocalSettings, held: Secrets, name: str) -> str:
    return postgres.database_url(settings, held, name).replace("+asyncpg", "")


async def test_a_role_works_in_its_own_database_and_a_repeat_is_harmless(settings: LocalSettings, held: Secrets):
    await postgres.provide_databases(settings, held)
    await postgres.provide_databases(settings, held)

    connection = await asyncpg.connect(_url(settings, held, "auth"))
    await connection.execute("create table if not exists mine (id int)")
    await connection.close()


async def test_a_role_cannot_connect_to_the_database_of_another_service(settings: LocalSettings, held: Secrets):
    await postgres.provide_databases(settings, held)
    foreign = _url(settings, held, "auth").removesuffix("/auth") + "/contracts"

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)


async def test_a_wrong_password_is_refused(settings: LocalSettings, held: Secrets):
    await postgres.provide_databases(settings, held)
    url = _url(settings, held, "auth").replace(held.postgres["auth"], "wrong")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url)


def test_a_folder_whose_making_was_interrupted_is_made_again(tmp_path: Path, held: Secrets):
    settings = isolated_settings(tmp_path)
    (tmp_path / "postgres.draft" / "data").mkdir(parents=True)
    (tmp_path / "postgres.draft" / "data" / "half").touch()

    postgres.prepare(settings, held)

    assert (tmp_path / "postgres" / "data" / "PG_VERSION").exists()
