"""Loaded by schemathesis: it calls from an address of its own, so that what it gets wrong slows nobody else down."""

from typing import Any

from urllib3.util import connection

ADDRESS = "127.0.0.9"

_connect = connection.create_connection


def _from_here(*place: Any, **how: Any) -> Any:
    return _connect(*place, **how | {"source_address": (ADDRESS, 0)})


connection.create_connection = _from_here
