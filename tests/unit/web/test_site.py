"""The file server of the client over ASGI, with a small build made here."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from web.api import create_app
from web.errors import NotBuilt
from web.settings import Settings

PAGE = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><title>{}</title>'
SCRIPT = b"export const half = 30;\n" * 50


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / "index.html").write_text(PAGE.format("client"))
    (folder / "api-docs.html").write_text(PAGE.format("docs"))
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".vite" / "manifest.json").write_text("{}")
    (folder / "assets" / "main-abc.js").write_bytes(SCRIPT)
    (folder / "assets" / "main-abc.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (folder / "assets" / "main-abc.js.br").write_bytes(b"as if brotli")
    (folder / "assets" / "font-abc.woff2").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("outside")
    return folder


@pytest.fixture
def openapi(tmp_path: Path) -> Path:
    path = tmp_path / "portal.json"
    path.write_text('{"openapi":"3.1.0"}')
    (tmp_path / "asyncapi.json").write_text('{"asyncapi":"3.0.0"}')
    (tmp_path / "streams.html").write_text("<!doctype html><style>td{}</style><h1>streams</h1>")
    return path


@pytest.fixture
async def client(dist: Path, openapi: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(dist_dir=dist, openapi_file=openapi))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://web") as client,
    ):
        yield client


def nonce_of_policy(answer: httpx.Response) -> str:
    found = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/contracts/1/points/2/profile?period=day", "/contracts/1"])
async def test_every_address_of_the_client_gets_its_page(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "<title>client</title>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_page_carries_the_nonce_of_its_policy_and_never_the_same_twice(client: httpx.AsyncClient):
    """INVARIANT: a nonce that an attacker has seen is worth nothing for the next page."""
    answers = [await client.get("/") for _ in range(5)]
    nonces = {nonce_of_policy(answer) for answer in answers}
    assert len(nonces) == 5
    for answer in answers:
        assert f'nonce="{nonce_of_policy(answer)}"' in answer.text
        assert "__CSP_NONCE__" not in answer.text


async def test_the_policy_allows_no_foreign_code_and_no_frame(client: httpx.AsyncClient):
    policy = (await client.get("/")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/favicon.svg", "/assets/main-abc.js", "/api/docs", "/api/openapi.json"])
async def test_every_answer_forbids_sniffing_and_keeps_the_address_to_itself(client: httpx.AsyncClient, path: str):
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_hashed_assets_may_be_kept_for_ever_and_other_files_may_not(client: httpx.AsyncClient):
    assert "immutable" in (await client.get("/assets/main-abc.js")).headers["cache-control"]
    assert (await client.get("/favicon.svg")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None), ("", None)],
)
async def test_an_asset_comes_in_the_best_form_that_the_browser_takes(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
):
    async with client.stream("GET", "/assets/main-abc.js", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert raw == {"br": b"as if brotli", "gzip": gzip.compress(SCRIPT, mtime=0), None: SCRIPT}[encoding]


async def test_an_unchanged_file_is_not_sent_again(client: httpx.AsyncClient):
    etag = (await client.get("/favicon.svg")).headers["etag"]
    again = await client.get("/favicon.svg", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/main-old.js",
        "/assets/",
        "/robots.txt",
        "/.vite/manifest.json",
        "/assets/main-abc.js.br",
        "/api/v1/contracts",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/api-docs.html",
    ],
)
async def test_what_the_build_did_not_write_is_a_404_and_never_the_page(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_api_document_is_served_as_committed_with_a_page_to_read_it(client: httpx.AsyncClient):
    assert (await client.get("/api/openapi.json")).json() == {"openapi": "3.1.0"}
    docs = await client.get("/api/docs")
    assert "<title>docs</title>" in docs.text
    assert nonce_of_policy(docs) in docs.text


async def test_the_streams_are_served_as_committed_with_a_page_that_needs_no_script(client: httpx.AsyncClient):
    assert (await client.get("/api/asyncapi.json")).json() == {"asyncapi": "3.0.0"}
    streams = await client.get("/api/streams")
    assert f'<style nonce="{nonce_of_policy(streams)}">' in streams.text
    assert "<script" not in streams.text


async def test_the_health_of_the_server_is_told(client: httpx.AsyncClient):
    assert (await client.get("/livez")).text == "ok"
    assert (await client.get("/readyz")).json() == {"ready": True}
    assert "halfhour_http_request_seconds" in (await client.get("/metrics")).text


async def test_head_answers_as_get_without_a_body_and_post_is_refused(client: httpx.AsyncClient):
    head = await client.head("/assets/font-abc.woff2")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "4")
    assert (await client.post("/sign-in")).status_code == 405


def test_a_folder_without_a_build_is_refused_at_start(tmp_path: Path):
    with pytest.raises(NotBuilt, match="build the client"):
        create_app(Settings(dist_dir=tmp_path))


def test_a_page_without_a_place_for_the_nonce_is_refused_at_start(dist: Path):
    (dist / "index.html").write_text("<!doctype html><title>client</title>")
    with pytest.raises(NotBuilt, match="nonce"):
        create_app(Settings(dist_dir=dist))
