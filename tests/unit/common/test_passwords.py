from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry, Histogram

from common.passwords import Checked, Passwords


@dataclass(frozen=True)
class Cheap:
    argon2_time_cost: int = 1
    argon2_memory_kib: int = 8
    argon2_threads: int = 1
    argon2_queue: int = 0


@pytest.fixture
def passwords():
    made = Passwords(Cheap(), seconds=Histogram("seconds", "of a check", registry=CollectorRegistry()))
    yield made
    made.close()


async def test_a_password_fits_its_own_hash_alone(passwords: Passwords):
    stored = await passwords.hash("Полчаса без пароля")
    assert await passwords.check("Полчаса без пароля", stored) == Checked(fits=True)
    assert await passwords.check("Полчаса без паролей", stored) == Checked(fits=False)


@pytest.mark.parametrize("typed", ["\ud800", "half\udfff", "a\0b", ""])
async def test_what_is_no_text_is_a_wrong_password_and_no_fault(passwords: Passwords, typed: str):
    stored = await passwords.hash("Полчаса без пароля")
    assert await passwords.check(typed, stored) == Checked(fits=False)
    assert await passwords.check(typed, None) == Checked(fits=False)
