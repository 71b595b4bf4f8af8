"""Errors as RFC 9457 problem documents with a stable `code`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from common.errors import Busy, Rejected, TooMany
from common.logging import get_logger

log = get_logger(__name__)

# Connection exception, insufficient resources, operator intervention (shutting down, starting up).
SQLSTATES_OF_ABSENCE = ("08", "53", "57")
SQLSTATES_OF_CONTENTION = "40"  # a deadlock, or not serializable: all was rolled back, and the same call may succeed
FIELD_MAX = 100


class FieldProblem(BaseModel):
    """One fault of one field."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None
    errors: list[FieldProblem]


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of an endpoint that answers these statuses with a problem."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    detail: str,
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return a problem document as an answer. What the sender must change is logged, with who sent it."""
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        log.info(
            "request.refused",
            status=status,
            code=code,
            fields=[f"{one.field[:FIELD_MAX]}: {one.code}" for one in errors or []],
            method=request.method,
            route=getattr(request.scope.get("route"), "path", "unmatched"),
            user_id=getattr(request.state, "user_id", None),
        )
    body = Problem(
        type=f"urn:halfhour:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        request_id=getattr(request.state, "request_id", None),
        errors=errors or [],
    )
    return JSONResponse(body.model_dump(), status_code=status, media_type="application/problem+json", headers=headers)


def install_problem_handlers(app: FastAPI) -> None:
    """Turn every error that leaves an endpoint into a problem document."""
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(ConnectionError, _away)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _ours)


async def _rejected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Rejected)  # noqa: S101 -- registered for this class
    headers = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    errors = [FieldProblem(field=error.field, code=error.code, message=error.detail)] if error.field else []
    return problem(request, status=error.status, code=error.code, detail=error.detail, errors=errors, headers=headers)


async def _busy(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Busy)  # noqa: S101 -- registered for this class
    log.warning("request.busy", error=str(error))
    return problem(
        request,
        status=503,
        code=error.code,
        detail="a part of the service is away for the moment; try again",
        headers={"Retry-After": str(error.retry_after_seconds)},
    )


async def _away(request: Request, error: Exception) -> JSONResponse:
    return await _busy(request, Busy(f"not connected: {type(error).__name__}"))


async def _database(request: Request, error: Exception) -> JSONResponse:
    """Tell a database that went away, or a transaction that lost to another, from a statement that is wrong."""
    assert isinstance(error, DBAPIError)  # noqa: S101 -- registered for this class
    sqlstate = str(getattr(error.orig, "sqlstate", ""))
    if sqlstate.startswith(SQLSTATES_OF_CONTENTION):
        return await _busy(request, Busy(f"lost to another transaction: {sqlstate}", retry_after_seconds=1))
    away = sqlstate.startswith(SQLSTATES_OF_ABSENCE)
    return await (_away if away or error.connection_invalidated else _ours)(request, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class
    errors = [_field_problem(fault) for fault in error.errors()]
    return problem(
        request, status=422, code="invalid_request", detail="the request is malformed; see errors", errors=errors
    )


def _field_problem(fault: Mapping[str, Any]) -> FieldProblem:
    where, *path = fault["loc"]
    if fault["type"] == "json_invalid":  # its path is no field but a byte of the body
        return FieldProblem(field=str(where), code="json_invalid", message=f"not JSON, at byte {path[0]}")
    return FieldProblem(
        field=".".join(str(part) for part in path) or str(where), code=str(fault["type"]), message=str(fault["msg"])
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class
    code = HTTPStatus(error.status_code).name.lower()
    return problem(
        request, status=error.status_code, code=code, detail=str(error.detail), headers=dict(error.headers or {})
    )


async def _ours(request: Request, error: Exception) -> JSONResponse:
    log.error("request.failed", exc_info=error)
    return problem(
        request,
        status=500,
        code="internal",
        detail="the fault is ours and has been recorded; nothing was changed",
        # uvicorn closes the connection after a fault: the gateway must not send somebody's next request on it.
        headers={"Connection": "close"},
    )
