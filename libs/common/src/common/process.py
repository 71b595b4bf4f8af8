"""One process of a service: an HTTP server and workers in one event loop of uvloop.

A worker that ends or fails ends the process with an error, so that the supervisor starts it anew; SIGTERM
ends everything in order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvicorn
import uvloop
from fastapi import FastAPI

from common.errors import HalfhourError
from common.logging import get_logger
from common.settings import HttpSettings

log = get_logger(__name__)

R = TypeVar("R")

SHUTDOWN_SECONDS = 5


class WorkerEnded(HalfhourError):
    """A worker returned or failed, and the process cannot do its work without it."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Do all of a process's work in a new event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


@asynccontextmanager
async def run_workers(
    workers: Sequence[Callable[[R], Awaitable[None]]], resources: R
) -> AsyncIterator["asyncio.Future[str]"]:
    """Run `workers` while the context is open; the future gets the name of the first one that ends by itself."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work(worker: Callable[[R], Awaitable[None]]) -> None:
        name = getattr(worker, "__name__", "worker")
        try:
            await worker(resources)
        except asyncio.CancelledError:
            raise
        except Exception:  # whatever failed: logged, and the process ends, since `ended` gets the name
            log.exception("worker.failed", worker=name)
        if not ended.done():
            ended.set_result(name)

    tasks = [asyncio.create_task(work(worker)) for worker in workers]
    try:
        yield ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended.cancel()


async def serve(app: FastAPI, settings: HttpSettings) -> None:
    """Serve `app` until SIGTERM. Raises WorkerEnded when one of its workers has ended."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    ended: asyncio.Future[str] | None = getattr(app.state, "worker_ended", None)
    if ended is not None:
        waited: list[asyncio.Future[Any]] = [serving, ended]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    failed = ended.result() if ended is not None and ended.done() and not ended.cancelled() else None
    server.should_exit = server.should_exit or failed is not None
    await serving
    if failed is not None:
        raise WorkerEnded(failed)
