"""Calls every operation of a service that takes an id with ids that somebody has, as strangers and then as the owner.

Nothing is refused for another reason than the caller: bodies are valid, and the owner's same call is answered.
"""

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from tests.service.api_document import body, query, secured

STRANGER_IS_TOLD = {403, 404}
REFUSED = {401, 404, 422}
FAULT = 500
DAY = datetime(2026, 3, 10, tzinfo=UTC)

Headers = Mapping[str, str]


async def nobody_else_reaches(
    service: str,
    client: httpx.AsyncClient,
    ids: Mapping[str, str],
    *,
    consumer: Headers,
    strangers: Mapping[str, Headers],
    staff: Headers | None = None,
    strange_staff: Headers | None = None,
    bodies: Mapping[str, Any] | None = None,
    ids_are_own: Container[str] = (),
    day: datetime = DAY,
) -> None:
    """Raise unless each stranger is refused what the owner is given.

    `ids` are by the name in the path. `bodies` are by operation id: of operations that take an id in their body, and
    of those whose smallest valid body would mean nothing. `ids_are_own` are operations under an id that the caller
    makes: under the same one staff of another supplier has something else. A period is `day`. The staff calls what
    begins with /api/v1/operator.
    """
    bodies = bodies or {}
    found = [each for each in secured(service) if "{" in each[0] or each[2]["operationId"] in bodies]
    assert found
    # What takes something away comes last, so that the owner still has what the others are tried with.
    found.sort(key=lambda each: (_of_staff(each[0]), each[1] == "delete", -each[0].count("{"), each[0]))
    faults: list[str] = []

    async def call(path: str, method: str, operation: Mapping[str, Any], headers: Headers) -> httpx.Response:
        names = [given["name"] for given in operation.get("parameters", []) if given["in"] == "header"]
        key = {"Idempotency-Key": uuid4().hex} if "Idempotency-Key" in names else {}
        said = bodies.get(operation["operationId"]) or body(dict(operation))
        return await client.request(
            method, path.format(**ids), headers={**headers, **key}, params=query(dict(operation), day), json=said
        )

    for path, method, operation in found:
        others = strange_staff if _of_staff(path) else None
        for name, headers in {**strangers, **({"staff of another": others} if others else {})}.items():
            if headers is strange_staff and operation["operationId"] in ids_are_own:
                continue
            answer = await call(path, method, operation, headers)
            if answer.status_code not in STRANGER_IS_TOLD:
                faults.append(f"{name}: {method} {path}: {answer.status_code} {answer.text[:200]}")
            elif others is headers and answer.status_code != 404:
                # Staff passes the check of the role, so that only the check of the supplier can refuse it.
                faults.append(f"{name}: {method} {path}: not as an id that does not exist: {answer.text[:200]}")
    for path, method, operation in found:
        answer = await call(path, method, operation, staff if staff and _of_staff(path) else consumer)
        if answer.status_code in REFUSED or answer.status_code >= FAULT:
            faults.append(f"owner: {method} {path}: {answer.status_code} {answer.text[:200]}")
    assert not faults, "\n".join(faults)


def _of_staff(path: str) -> bool:
    return path.startswith("/api/v1/operator/")
