"""Waiting requests share a query, and answers about closed days are kept by their tag."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from metering.coalescing import Coalescer
from metering.read_cache import ReadCache, matches, tag_of


class Engine:
    """A store that answers each key with its double, and remembers what it was asked at once."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def run(self, group: str, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append((group, list(keys)))
        await self.gate.wait()
        if group == "broken":
            msg = "away"
            raise OSError(msg)
        return {key: 2 * key for key in keys}


async def test_who_waits_at_the_same_time_shares_a_query():
    engine = Engine()
    shared: Coalescer[str, int, int] = Coalescer("tests", engine.run, at_once=1, keys_a_query=64)

    found = await asyncio.gather(*(shared.ask("day", key) for key in (1, 2, 3, 2)))

    assert found == [2, 4, 6, 4]
    assert engine.asked == [("day", [1, 2, 3])]


async def test_what_comes_while_all_are_busy_goes_together_when_one_ends():
    engine = Engine()
    engine.gate.clear()
    shared: Coalescer[str, int, int] = Coalescer("tests", engine.run, at_once=1, keys_a_query=2)
    first = asyncio.create_task(shared.ask("day", 1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [asyncio.create_task(shared.ask("day", key)) for key in (2, 3, 4)]
    for _ in range(3):
        await asyncio.sleep(0)
    engine.gate.set()

    assert [await first, *[await each for each in later]] == [2, 4, 6, 8]
    assert engine.asked == [("day", [1]), ("day", [2, 3]), ("day", [4])]


async def test_a_fault_reaches_all_who_asked_and_nobody_else():
    engine = Engine()
    shared: Coalescer[str, int, int] = Coalescer("tests", engine.run, at_once=2, keys_a_query=64)

    found = await asyncio.gather(
        *(shared.ask("broken", key) for key in (1, 2)), shared.ask("day", 3), return_exceptions=True
    )

    assert [type(each) for each in found] == [OSError, OSError, int]
    assert await shared.ask("day", 4) == 8


async def test_one_who_gives_up_does_not_disturb_the_others():
    engine = Engine()
    engine.gate.clear()
    shared: Coalescer[str, int, int] = Coalescer("tests", engine.run, at_once=1, keys_a_query=64)
    tasks = [asyncio.create_task(shared.ask("day", 1)) for _ in range(2)]
    for _ in range(3):
        await asyncio.sleep(0)
    tasks[0].cancel()
    engine.gate.set()

    assert await tasks[1] == 2
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


def test_the_cache_lets_go_what_was_asked_for_longest_ago():
    cache = ReadCache(size_bytes=10)
    cache.keep("a", b"12345")
    cache.keep("b", b"12345")
    assert cache.get("a") == b"12345"
    cache.keep("c", b"12345")

    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"12345", None, b"12345")
    cache.keep("d", b"more than ten bytes")
    assert (cache.get("d"), cache.get("a")) == (None, b"12345")


def test_a_tag_tells_every_part_of_the_question_apart():
    parts = [("profile", 1), ("profile", 2), ("heat-map", 1), ("profile", "1")]

    assert len({tag_of(each) for each in parts}) == len(parts)
    assert tag_of(parts[0]) == tag_of(("profile", 1))


@pytest.mark.parametrize(
    ("given", "holds"),
    [(None, False), ('"x"', True), ('W/"x"', True), ('"y", "x"', True), ("*", True), ('"y"', False), ("", False)],
)
def test_a_client_that_has_the_answer_is_told_so(given: str | None, holds: bool):
    assert matches(given, '"x"') is holds
