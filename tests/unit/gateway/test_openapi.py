"""The joined document."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from gateway import openapi
from gateway.__main__ import main
from gateway.errors import NotJoinable


def document(path: str = "/api/v1/points", name: str = "list_points", **schemas: Any) -> openapi.Document:
    answer = {"200": {"description": "Done"}}
    return {
        "paths": {path: {"get": {"operationId": name, "responses": answer, "security": [{"HTTPBearer": []}]}}},
        "components": {"schemas": schemas},
    }


def test_every_operation_says_whose_it_is():
    joined = openapi.join({"metering": document(), "tickets": document("/api/v1/tickets", "list_tickets")})
    owners = {path: operation["x-service"] for path, _, operation in openapi.operations(joined)}
    assert owners == {"/api/v1/points": "metering", "/api/v1/tickets": "tickets"}
    assert joined["openapi"] == "3.1.0"


def test_the_text_does_not_depend_on_the_order_of_writing():
    one = document(A={"type": "string"}, B={"type": "integer"})
    other = copy.deepcopy(one)
    other["components"]["schemas"] = dict(reversed(other["components"]["schemas"].items()))
    assert openapi.text_of(openapi.join({"metering": one})) == openapi.text_of(openapi.join({"metering": other}))


def test_the_same_schema_of_two_services_is_one():
    shared = {"type": "object"}
    joined = openapi.join({"a": document(Problem=shared), "b": document("/b", "b", Problem=shared)})
    assert joined["components"]["schemas"] == {"Problem": shared}


def test_one_name_for_two_schemas_is_refused():
    with pytest.raises(NotJoinable, match="schemas Point of b"):
        openapi.join({"a": document(Point={"type": "object"}), "b": document("/b", "b", Point={"type": "string"})})


def test_two_services_cannot_answer_one_call():
    with pytest.raises(NotJoinable, match="two services"):
        openapi.join({"a": document(), "b": document(name="other")})
    with pytest.raises(NotJoinable, match="operation id list_points"):
        openapi.join({"a": document(), "b": document("/b")})


def test_problems_are_declared_as_they_are_answered():
    given = document()
    operation = given["paths"]["/api/v1/points"]["get"]
    operation["requestBody"] = {"content": {}}
    operation["responses"]["422"] = {"content": {"application/json": {"schema": {"$ref": "HTTPValidationError"}}}}
    given["components"]["schemas"]["HTTPValidationError"] = {"type": "object"}
    joined = openapi.join({"metering": given})
    responses = joined["paths"]["/api/v1/points"]["get"]["responses"]
    for status in ("401", "422", "default"):
        assert list(responses[status]["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in joined["components"]["schemas"]
    assert operation["responses"].keys() == {"200", "422"}, "the service's own document is left alone"


def test_a_service_that_is_not_there_is_named():
    with pytest.raises(NotJoinable, match="no_such_service"):
        openapi.service_document("no_such_service")


def test_the_document_of_a_service_needs_nothing_running():
    auth = openapi.service_document("auth")
    assert "/api/v1/sessions" in auth["paths"]


@pytest.fixture
def one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openapi, "SERVICES", ("auth",))


@pytest.mark.usefixtures("one_service")
def test_a_difference_from_the_code_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "api" / "portal.json"
    check = ["openapi", "--check", "--document", str(path)]
    assert main(check) == 1
    assert not path.exists()
    assert main(["openapi", "--document", str(path)]) == 0
    assert main(check) == 0
    changed = json.loads(path.read_text())
    del changed["paths"]["/api/v1/me"]
    path.write_text(json.dumps(changed))
    assert main(check) == 1
    assert "differs from the code" in capsys.readouterr().err


def test_a_missing_service_stops_the_joining_unless_it_may_be_partial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(openapi, "SERVICES", ("auth", "no_such_service"))
    path = tmp_path / "portal.json"
    assert main(["openapi", "--document", str(path)]) == 1
    assert not path.exists()
    assert main(["openapi", "--partial", "--document", str(path)]) == 0
    assert "left out no_such_service" in capsys.readouterr().err
