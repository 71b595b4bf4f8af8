"""The real Envoy with a rendered configuration, before one small upstream that plays every service."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.ports import free_ports

from gateway.envoy import binary, render
from gateway.openapi import Document, join
from gateway.settings import Settings

START_WITHIN_SECONDS = 20
KEY_ID = "a-key-of-tests"
TOKEN_HEADER = {"kid": KEY_ID, "typ": "at+jwt"}  # as auth writes it
LARGE = {"values": list(range(2_000))}


def operation(name: str, *, secured: bool = True) -> Document:
    made: Document = {"operationId": name, "responses": {"200": {"description": "Done"}}}
    return made | ({"security": [{"HTTPBearer": []}]} if secured else {})


DOCUMENT = join(
    {
        "auth": {
            "paths": {
                "/api/v1/sessions": {"post": operation("sign_in", secured=False)},
                "/.well-known/jwks.json": {"get": operation("show_key_set", secured=False)},
            }
        },
        "contracts": {
            "paths": {
                "/api/v1/contracts": {"get": operation("list_contracts"), "post": operation("link_contract")},
                "/api/v1/contracts/{contract_id}": {"get": operation("show_contract")},
                "/api/v1/contracts/mine": {"get": operation("show_mine")},
            }
        },
        "metering": {"paths": {"/api/v1/points/{point_id}/profile": {"get": operation("show_profile")}}},
        "tickets": {"paths": {"/api/v1/contracts/{contract_id}/tickets": {"get": operation("list_tickets")}}},
    }
)


@dataclass
class Upstream:
    """Echoes what reached it. `key` signs the tokens that the gateway believes."""

    port: int
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seen: list[str] = field(default_factory=list)

    def token(self, *, key: Any = None, algorithm: str = "ES256", **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": "halfhour-auth",
            "aud": "halfhour-api",
            "sub": str(uuid4()),
            "sid": str(uuid4()),
            "roles": ["consumer"],
            "iat": now,
            "exp": now + 600,
        } | changes
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, self.key if key is None else key, algorithm=algorithm, headers=TOKEN_HEADER)

    async def answer(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.url.path}")
        if request.url.path == "/.well-known/jwks.json":
            public = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return JSONResponse({"keys": [public | {"kid": KEY_ID, "alg": "ES256", "use": "sig"}]})
        if request.url.path == "/large.json":
            return JSONResponse(LARGE)
        body = await request.body()
        return JSONResponse(
            {"path": request.url.path, "headers": dict(request.headers), "body_bytes": len(body)},
            headers={"server": "upstream/1.0", "content-security-policy": "default-src 'self'"}
            if request.url.path == "/"
            else {"server": "upstream/1.0"},
        )


@contextmanager
def serving(upstream: Upstream) -> Iterator[None]:
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", upstream.answer, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, port=upstream.port, log_config=None, server_header=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join(10)


@dataclass
class Gateway:
    """A running Envoy."""

    url: str
    admin_url: str
    log: Path

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=10)

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        with self.client(token, **headers) as client:
            return client.get(path)

    def access_log(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


RunGateway = Callable[..., Any]


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    made = Upstream(free_ports(1)[0])
    with serving(made):
        yield made


@pytest.fixture(scope="session")
def run_gateway(tmp_path_factory: pytest.TempPathFactory) -> RunGateway:
    """Give what starts an Envoy before the upstream port, with other settings where a test names them."""

    @contextmanager
    def run(
        upstream_port: int, *, document: Document = DOCUMENT, wait_for_keys: bool = True, **changes: Any
    ) -> Iterator[Gateway]:
        folder = tmp_path_factory.mktemp("gateway")
        http_port, admin_port = free_ports(2)
        names = ("auth", "contracts", "metering", "notify", "tickets", "web")
        values: dict[str, Any] = {f"{name}_url": f"http://127.0.0.1:{upstream_port}" for name in names}
        settings = Settings(**(values | {"http_port": http_port, "admin_port": admin_port} | changes))
        config = folder / "envoy.yaml"
        config.write_text(render(settings, document))
        log = folder / "envoy.log"
        command: list[str | Path] = [
            binary(),
            "-c",
            config,
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warning",
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
            try:
                gateway = Gateway(f"http://127.0.0.1:{http_port}", f"http://127.0.0.1:{admin_port}", log)
                _wait(gateway, process, wait_for_keys=wait_for_keys)
                yield gateway
            finally:
                process.terminate()
                process.wait(10)

    return run


@pytest.fixture(scope="session")
def gateway(run_gateway: RunGateway, upstream: Upstream) -> Iterator[Gateway]:
    with run_gateway(upstream.port) as running:
        yield running


def _wait(gateway: Gateway, process: "subprocess.Popen[bytes]", *, wait_for_keys: bool) -> None:
    def ready() -> bool:
        try:
            live = httpx.get(f"{gateway.admin_url}/ready").text.strip() == "LIVE"
            stats = httpx.get(f"{gateway.admin_url}/stats", params={"filter": "jwks_fetch_success"}).text
        except httpx.TransportError:
            return False
        return live and (not wait_for_keys or any(not line.endswith(": 0") for line in stats.splitlines() if line))

    deadline = time.monotonic() + START_WITHIN_SECONDS
    while not ready():
        assert process.poll() is None, gateway.log.read_text()
        assert time.monotonic() < deadline, gateway.log.read_text()
        time.sleep(0.05)
