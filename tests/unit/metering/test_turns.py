import asyncio

import pytest
from sqlalchemy.exc import DataError

from common.errors import Busy
from metering.turns import take_turns


class Enough(Exception):
    """Ends a loop that has no end."""


async def test_a_fault_that_passes_is_waited_out_and_the_next_turn_comes():
    answers = [Busy("the log is away"), ConnectionResetError(), False, True, Enough()]

    async def turn() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    with pytest.raises(Enough):
        await asyncio.wait_for(take_turns(turn, worker="test", pause_seconds=0), 5)
    assert not answers


async def test_while_there_is_more_no_pause_is_made():
    turns = 0

    async def turn() -> bool:
        nonlocal turns
        turns += 1
        if turns == 3:
            raise Enough
        return True

    with pytest.raises(Enough):
        await asyncio.wait_for(take_turns(turn, worker="test", pause_seconds=3_600), 5)


async def test_a_fault_of_ours_is_seen():
    async def turn() -> None:
        raise DataError("insert", {}, ValueError("a NUL"))

    with pytest.raises(DataError):
        await asyncio.wait_for(take_turns(turn, worker="test", pause_seconds=0), 5)
