"""What the real Envoy does with the rendered configuration."""

import json
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.ports import free_ports
from tests.service.gateway.conftest import LARGE, Gateway, RunGateway, Upstream


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body.pop("title")
    assert body.pop("detail")
    expected = {
        "type": f"urn:halfhour:problem:{code}",
        "status": status,
        "code": code,
        "request_id": answer.headers["x-request-id"],
        "errors": [],
    }
    assert body == expected
    return body


def test_a_good_token_passes_and_stays_with_the_request(gateway: Gateway, upstream: Upstream):
    token = upstream.token()
    for path in ("/api/v1/contracts", "/api/v1/contracts/7", "/api/v1/points/7/profile?from=2026-01-01"):
        answer = gateway.get(path, token)
        assert answer.status_code == 200, answer.text
        assert answer.json()["headers"]["authorization"] == f"Bearer {token}"


def test_a_call_without_a_token_is_a_problem_and_never_reaches_the_service(gateway: Gateway, upstream: Upstream):
    upstream.seen.clear()
    answer = gateway.get("/api/v1/contracts/7")
    assert_problem(answer, 401, "token_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert upstream.seen == []


def test_no_forged_token_passes(gateway: Gateway, upstream: Upstream):
    """INVARIANT: only an unexpired ES256 token of our issuer, audience and keys passes the gateway."""
    upstream.seen.clear()
    other = ec.generate_private_key(ec.SECP256R1())
    forged = {
        "another key": upstream.token(key=other),
        "none": upstream.token(key="", algorithm="none"),
        "hs256": upstream.token(key="x" * 32, algorithm="HS256"),
        "audience": upstream.token(aud="another-api"),
        "issuer": upstream.token(iss="another-issuer"),
        "no expiry": upstream.token(exp=None),
        "garbage": "not.a.token",
    }
    for name, token in forged.items():
        answer = gateway.get("/api/v1/contracts", token)
        assert answer.status_code == 401, name
        assert_problem(answer, 401, "invalid_token")
    assert_problem(gateway.get("/api/v1/contracts", upstream.token(exp=int(time.time()) - 60)), 401, "token_expired")
    assert upstream.seen == []


def test_a_token_in_the_query_is_no_token(gateway: Gateway, upstream: Upstream):
    assert_problem(gateway.get(f"/api/v1/contracts?access_token={upstream.token()}"), 401, "token_missing")


def test_what_the_document_leaves_open_needs_no_token(gateway: Gateway):
    with gateway.client() as client:
        assert client.post("/api/v1/sessions", json={}).status_code == 200
    assert gateway.get("/.well-known/jwks.json").status_code == 200
    assert gateway.get("/api/docs").json()["path"] == "/api/docs"
    assert gateway.get("/api/openapi.json").json()["path"] == "/api/openapi.json"
    assert gateway.get("/contracts/7?tab=profile").json()["path"] == "/contracts/7"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/v1",
        "/api/v2/contracts",
        "/api/v1/contracts/",
        "/api/v1/contracts/7/secret",
        "/api/v1/points//profile",
        "/api/livez",
        "/api/metrics",
        "/livez",
        "/readyz",
        "/metrics",
    ],
)
def test_what_the_document_does_not_name_is_not_reached(gateway: Gateway, upstream: Upstream, path: str):
    """INVARIANT: a service's paths that are not in the joined document cannot be reached through the gateway."""
    assert_problem(gateway.get(path, upstream.token()), 404, "not_found")


def test_dots_in_a_path_lead_into_no_service(gateway: Gateway):
    with httpx.Client() as client:
        for path, status in (
            (b"/api/v1/contracts/../../../livez", 404),
            (b"/api/v1/contracts/../../../points", 200),
            (b"/api/v1/contracts/%2e%2e/%2E./metrics", 404),
        ):
            answer = client.send(httpx.Request("GET", httpx.URL(gateway.url).copy_with(raw_path=path)))
            assert answer.status_code == status
            if status == 200:
                assert answer.json()["path"] == "/points", "an address of the web client, or it had wanted a token"


def test_escaped_slashes_are_refused(gateway: Gateway, upstream: Upstream):
    raw = httpx.URL(gateway.url).copy_with(raw_path=b"/api/v1/contracts/7%2Ftickets")
    with httpx.Client() as client:
        answer = client.send(httpx.Request("GET", raw, headers={"Authorization": f"Bearer {upstream.token()}"}))
    assert answer.status_code == 400


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(gateway: Gateway, upstream: Upstream):
    with gateway.client(upstream.token()) as client:
        answer = client.delete("/api/v1/contracts")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


def test_a_large_body_is_refused(run_gateway: RunGateway, upstream: Upstream):
    with run_gateway(upstream.port, max_body_bytes=2_048) as gateway, gateway.client(upstream.token()) as client:
        assert client.post("/api/v1/contracts", content=b"x" * 2_000).json()["body_bytes"] == 2_000
        assert_problem(client.post("/api/v1/contracts", content=b"x" * 4_000), 413, "content_too_large")
        chunks = (b"x" * 1_000 for _ in range(5))
        assert_problem(client.post("/api/v1/contracts", content=chunks), 413, "content_too_large")


def test_one_address_may_not_take_the_share_of_others(run_gateway: RunGateway, upstream: Upstream):
    with run_gateway(upstream.port, rate_per_second=1, rate_burst=5, trusted_hops=1) as gateway:
        # The bucket fills while we ask, so on a slow machine more than five get through before it is empty.
        one = [gateway.get("/", **{"X-Forwarded-For": "203.0.113.1"}) for _ in range(20)]
        assert {answer.status_code for answer in one[:5]} == {200}
        assert_problem(next(answer for answer in one if answer.status_code != 200), 429, "too_many_requests")
        assert gateway.get("/", **{"X-Forwarded-For": "203.0.113.2"}).status_code == 200
        six = [gateway.get("/", **{"X-Forwarded-For": f"2001:db8::{n}"}).status_code for n in range(20)]
        assert 429 in six, "a /64 is one customer"


def test_every_answer_has_the_security_headers(gateway: Gateway, upstream: Upstream):
    answers = [
        gateway.get("/"),
        gateway.get("/api/v1/contracts", upstream.token()),
        gateway.get("/api/v1/contracts"),
        gateway.get("/api/nothing"),
    ]
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers
        assert "server" not in headers
        assert not [name for name in headers if name.startswith("x-envoy")]
    assert answers[0].headers["content-security-policy"] == "default-src 'self'", "the page's own policy stays"
    assert answers[1].headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_an_answer_that_does_not_say_so_is_kept_nowhere(gateway: Gateway, upstream: Upstream):
    answers = [gateway.get("/api/v1/contracts", upstream.token()), gateway.get("/api/v1/contracts")]
    assert [answer.headers.get_list("cache-control") for answer in answers] == [["no-store"]] * 2


def test_https_in_front_is_told_to_browsers_where_it_is_set(run_gateway: RunGateway, upstream: Upstream):
    with run_gateway(upstream.port, hsts_seconds=31_536_000) as gateway:
        assert gateway.get("/").headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_the_request_id_is_made_here_and_goes_through(gateway: Gateway):
    answer = gateway.get("/", **{"X-Request-Id": "chosen-by-a-stranger"})
    assert answer.headers.get_list("x-request-id") == [answer.json()["headers"]["x-request-id"]]
    assert answer.headers["x-request-id"] != "chosen-by-a-stranger"


def test_the_client_address_cannot_be_forged(gateway: Gateway):
    answer = gateway.get("/", **{"X-Client-Address": "192.0.2.9", "X-Forwarded-For": "192.0.2.9"})
    assert answer.json()["headers"]["x-client-address"] == "127.0.0.1"


def test_the_address_told_by_a_proxy_of_ours_is_believed(run_gateway: RunGateway, upstream: Upstream):
    with run_gateway(upstream.port, trusted_hops=1) as gateway:
        answer = gateway.get("/", **{"X-Forwarded-For": "192.0.2.9, 203.0.113.5"})
        assert answer.json()["headers"]["x-client-address"] == "203.0.113.5"


@pytest.mark.parametrize(("accepted", "chosen"), [("gzip", "gzip"), ("br", "br"), ("gzip, br", "br")])
def test_answers_are_compressed(gateway: Gateway, accepted: str, chosen: str):
    with gateway.client(**{"Accept-Encoding": accepted}) as client, client.stream("GET", "/large.json") as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == chosen
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert len(raw) < len(json.dumps(LARGE))


def test_a_service_that_is_down_is_a_problem(run_gateway: RunGateway, upstream: Upstream):
    dead = f"http://127.0.0.1:{free_ports(1)[0]}"
    with run_gateway(upstream.port, metering_url=dead) as gateway:
        answer = gateway.get("/api/v1/points/7/profile", upstream.token())
        assert_problem(answer, 503, "busy")
        assert answer.headers["retry-after"] == "5"
        assert gateway.get("/api/v1/contracts", upstream.token()).status_code == 200


def test_keys_that_cannot_be_read_are_our_fault_not_the_callers(run_gateway: RunGateway, upstream: Upstream):
    """A client that got 401 would sign the person out."""
    dead = f"http://127.0.0.1:{free_ports(1)[0]}"
    with run_gateway(upstream.port, wait_for_keys=False, auth_url=dead) as gateway:
        assert gateway.get("/").status_code == 200
        assert_problem(gateway.get("/api/v1/contracts", upstream.token()), 503, "busy")


def test_a_token_is_checked_once_and_then_remembered(gateway: Gateway, upstream: Upstream):
    before = _stat(gateway, "jwt_cache_hit")
    token = upstream.token()
    for _ in range(5):
        assert gateway.get("/api/v1/contracts", token).status_code == 200
    assert _stat(gateway, "jwt_cache_hit") - before >= 4


def test_metrics_are_for_the_machine_alone(gateway: Gateway):
    text = httpx.get(f"{gateway.admin_url}/stats/prometheus").text
    assert "envoy_http_downstream_rq_xx" in text
    assert gateway.admin_url.startswith("http://127.0.0.1:")


def test_the_access_log_keeps_neither_query_nor_token_nor_address(gateway: Gateway, upstream: Upstream):
    token = upstream.token()
    answer = gateway.get("/api/v1/points/7/profile?secret=tell-nobody", token)
    deadline = time.monotonic() + 15
    while not (found := [line for line in gateway.access_log() if _is(line, answer)]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (line,) = found
    assert (line["route"], line["status"], line["upstream"]) == (
        "GET /api/v1/points/{point_id}/profile",
        200,
        "metering",
    )
    text = gateway.log.read_text()
    assert "tell-nobody" not in text
    assert token not in text


def _is(line: dict[str, Any], answer: httpx.Response) -> bool:
    return bool(line["request_id"] == answer.headers["x-request-id"])


def _stat(gateway: Gateway, name: str) -> int:
    text = httpx.get(f"{gateway.admin_url}/stats", params={"filter": name}).text
    return sum(int(line.rsplit(" ", 1)[1]) for line in text.splitlines())
