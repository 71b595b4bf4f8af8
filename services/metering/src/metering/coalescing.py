"""Requests that wait at the same time share one query: a database's work is by the query, hardly by the point.

While fewer than `at_once` queries run, a request is asked at once; the others gather, and go together when one ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from metering.metrics import SHARED_QUERIES

G = TypeVar("G")
K = TypeVar("K")
R = TypeVar("R")


class Coalescer(Generic[G, K, R]):
    """Asks `run(group, keys)` for many keys of one group at once; every asker gets the answer to its own key.

    Equal keys that wait together are asked once. One asker that gives up does not disturb the others.
    """

    def __init__(
        self, name: str, run: Callable[[G, Sequence[K]], Awaitable[Mapping[K, R]]], *, at_once: int, keys_a_query: int
    ) -> None:
        self._shared = SHARED_QUERIES.labels(query=name)
        self._run = run
        self._free = at_once
        self._keys_a_query = keys_a_query
        self._waiting: dict[G, dict[K, asyncio.Future[R]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, group: G, key: K) -> R:
        """Return the answer to one key. Raises what `run` raises; KeyError if it left the key out."""
        waiting = self._waiting.setdefault(group, {})
        future = waiting.get(key)
        if future is None:
            future = waiting[key] = asyncio.get_running_loop().create_future()
            # Not before the others of this turn of the loop have come too.
            asyncio.get_running_loop().call_soon(self._begin)
        return await asyncio.shield(future)

    def _begin(self) -> None:
        while self._free and self._waiting:
            group, waiting = next(iter(self._waiting.items()))
            keys = list(waiting)[: self._keys_a_query]
            asked = {key: waiting.pop(key) for key in keys}
            if not waiting:
                del self._waiting[group]
            self._free -= 1
            task = asyncio.create_task(self._answer(group, asked))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._free += 1
        self._begin()

    async def _answer(self, group: G, asked: "Mapping[K, asyncio.Future[R]]") -> None:
        self._shared.observe(len(asked))
        try:
            found = await self._run(group, list(asked))
            for key, future in asked.items():
                future.set_result(found[key])
        except BaseException as error:
            for future in asked.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # nobody may be waiting any more
            if not isinstance(error, Exception):
                raise
