"""The rendered configuration, as data."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.http.problems import Problem
from gateway.__main__ import main
from gateway.envoy import binary, configuration
from gateway.errors import UnusableDocument
from gateway.openapi import Document, join
from gateway.problems import ANSWERS, local_reply_config
from gateway.routes import routes
from gateway.settings import Settings

SERVICES = frozenset(Settings().upstreams())


def document(*paths: str, secured: bool = True) -> Document:
    security: Document = {"security": [{"HTTPBearer": []}]} if secured else {}
    operations = {
        path: {"get": {"operationId": f"o{number}", "responses": {}} | security} for number, path in enumerate(paths)
    }
    return join({"metering": {"paths": operations}})


def made(*paths: str, secured: bool = True) -> list[dict[str, Any]]:
    return routes(document(*paths, secured=secured), services=SERVICES, timeout="10s")


def test_literal_paths_stand_before_templates_that_match_them_too():
    names = [route["name"] for route in made("/api/v1/a/{id}/x", "/api/v1/a/{id}", "/api/v1/a/mine", "/api/v1/a")]
    got = [name for name in names if name.startswith("GET")]
    assert got.index("GET /api/v1/a/mine") < got.index("GET /api/v1/a/{id}")


def test_every_route_says_whether_it_needs_a_token():
    """INVARIANT: no route is open because nobody said anything."""
    for route in made("/api/v1/a/{id}") + made("/api/v1/open", secured=False):
        (said,) = route["typed_per_filter_config"].values()
        assert ("requirement_name" in said) is (route["name"] == "GET /api/v1/a/{id}")
        assert said.get("disabled") is (None if "requirement_name" in said else True)


def test_unknown_addresses_under_api_end_before_the_web_client():
    names = [(route["name"], next(iter(route["match"].values()))) for route in made("/api/v1/a")]
    assert names[-2:] == [("refused 404", "/api"), ("web", "/")]


@pytest.mark.parametrize("path", ["/api/{a}/{b}/{c}/{d}/{e}/{f}", "/api/x{id}", "/api/*", "/api/{id:path}", "api"])
def test_a_path_that_envoy_would_match_otherwise_is_refused(path: str):
    with pytest.raises(UnusableDocument):
        made(path)


def test_a_service_that_the_gateway_does_not_know_is_refused():
    unknown = document("/api/v1/a")
    unknown["paths"]["/api/v1/a"]["get"]["x-service"] = "elsewhere"
    with pytest.raises(UnusableDocument, match="elsewhere"):
        configuration(Settings(), unknown)


def test_the_admin_page_is_for_this_machine_alone():
    """INVARIANT: the admin listener is on the loopback whatever the portal listens on."""
    config = configuration(Settings(http_host="0.0.0.0"), document("/api/v1/a"))  # noqa: S104
    assert config["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"
    assert config["static_resources"]["listeners"][0]["address"]["socket_address"]["address"] == "0.0.0.0"  # noqa: S104


def test_names_are_resolved_and_addresses_are_not():
    config = configuration(Settings(auth_url="http://auth.portal.svc:80"), document("/api/v1/a"))
    kinds = {cluster["name"]: cluster["type"] for cluster in config["static_resources"]["clusters"]}
    assert kinds["auth"] == "STRICT_DNS"
    assert kinds["web"] == "STATIC"


@pytest.mark.parametrize("url", ["https://auth:80", "http://auth", "http://auth:80/path", "auth:80", "http://a:80?x"])
def test_an_upstream_is_host_and_port(url: str):
    with pytest.raises(ValueError, match="auth_url"):
        Settings(auth_url=url)


def test_envoys_own_answers_have_the_fields_of_a_problem():
    for mapper in local_reply_config()["mappers"]:
        body = mapper["body_format_override"]["json_format"]
        assert Problem.model_validate(body | {"request_id": "x"}).status == mapper["status_code"]
        assert body.keys() == Problem.model_fields.keys()


def test_a_special_answer_stands_before_the_general_one_of_its_status():
    seen: set[int] = set()
    for status, details, *_ in ANSWERS:
        assert status not in seen, "never reached"
        if not details:
            seen.add(status)


def test_render_writes_what_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given, out = tmp_path / "portal.json", tmp_path / "deep" / "envoy.yaml"
    given.write_text(json.dumps(document("/api/v1/a")))
    monkeypatch.setenv("GATEWAY_HTTP_PORT", "18080")
    monkeypatch.setenv("GATEWAY_METERING_URL", "http://metering:9000")
    assert main(["render", "--out", str(out), "--document", str(given)]) == 0
    text = out.read_text()
    assert "&id" not in text
    config = yaml.safe_load(text)
    assert config["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] == 18080
    metering = next(one for one in config["static_resources"]["clusters"] if one["name"] == "metering")
    assert "'address': 'metering'" in str(metering)


@pytest.mark.parametrize("content", [None, "no json", "[]", "{}"])
def test_a_document_that_is_none_is_told_in_one_line(
    tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]
):
    given = tmp_path / "portal.json"
    if content is not None:
        given.write_text(content)
    assert main(["render", "--out", str(tmp_path / "out"), "--document", str(given)]) == 1
    assert capsys.readouterr().err.startswith("gateway: ")
    assert not (tmp_path / "out").exists()


def test_a_wrong_setting_is_told_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    given = tmp_path / "portal.json"
    given.write_text(json.dumps(document("/api/v1/a")))
    monkeypatch.setenv("GATEWAY_WEB_URL", "https://web")
    assert main(["render", "--out", str(tmp_path / "out"), "--document", str(given)]) == 2
    assert "GATEWAY_WEB_URL" in capsys.readouterr().err


def test_envoy_listens_on_addresses_not_on_names():
    with pytest.raises(ValueError, match="http_host"):
        Settings(http_host="localhost")


def test_the_program_comes_with_the_installation():
    assert binary().is_file()
