"""The FastAPI app that every service starts from: request ids, times, problems, health, metrics.

`resources` in the app's state is the service's frozen Resources: it has `ping()`, which raises if a part is away.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, TypeVar
from uuid import uuid4

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.http.problems import Problem, install_problem_handlers
from common.liveness import LIVENESS
from common.logging import get_logger
from common.metrics import HTTP_SECONDS
from common.process import run_workers

log = get_logger(__name__)

REQUEST_ID_LIMIT = 64


class Pingable(Protocol):
    """What the health endpoints ask of a service's resources."""

    async def ping(self) -> None:
        """Raise if a part that every request needs does not answer."""
        ...


R = TypeVar("R", bound=Pingable)


def create_base_app(
    *,
    title: str,
    version: str = "1",
    open_resources: Callable[[], AbstractAsyncContextManager[R]],
    workers: Sequence[Callable[[R], Awaitable[None]]] = (),
    alive: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """Make the app.

    `open_resources` is entered at start-up. `workers` are called with the resources, run beside the requests
    for ever, and are cancelled before the resources close. `alive` is False when only a restart helps; so is what
    `common.liveness` knows of subscriptions and the outbox relay.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources() as resources, run_workers(workers, resources) as ended:
            app.state.resources = resources
            app.state.worker_ended = ended
            yield

    app = FastAPI(
        title=title,
        version=version,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    install_problem_handlers(app)
    app.include_router(_health(alive))
    app.add_middleware(_Observed)
    _declare_problem_schema(app)
    return app


def _declare_problem_schema(app: FastAPI) -> None:
    """Name the problem schema once, so that endpoints can refer to it."""
    original = app.openapi

    def openapi() -> dict[str, object]:
        document = original()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _health(alive: Callable[[], bool]) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    fault: str | None = None
    told: list[str] = []

    @router.get("/livez")
    async def livez() -> Response:
        nonlocal told
        stuck = LIVENESS.stuck()
        if stuck != told:
            told = stuck
            log.warning("liveness.changed", stuck=stuck)
        if stuck or not alive():
            return PlainTextResponse(f"stuck: {', '.join(stuck) or 'a pipeline'}", status_code=503)
        return PlainTextResponse("ok")

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        nonlocal fault
        try:
            await request.app.state.resources.ping()
        except Exception as error:  # noqa: BLE001 -- whatever is wrong, the answer is "not ready" and says why
            if fault != repr(error):  # probes come several times a second: a change is told, not each of them
                fault = repr(error)
                log.warning("readiness.lost", error=fault)
            return JSONResponse({"ready": False, "error": type(error).__name__}, status_code=503)
        if fault is not None:
            fault = None
            log.info("readiness.regained")
        return JSONResponse({"ready": True})

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


class _Observed:
    """Binds a request id to logs and answers, and measures each route by its template."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, observed_send)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            HTTP_SECONDS.labels(method=scope["method"], route=route, status=str(status)).observe(
                time.perf_counter() - started
            )


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    harmless = given and len(given) <= REQUEST_ID_LIMIT and given.replace("-", "").isalnum()
    return given if harmless else uuid4().hex
