"""Cursor pages: an opaque cursor is the sort key of the last item, so that new rows never shift a page."""

import base64
import binascii
from typing import Annotated

import msgspec
from fastapi import Query

from common.errors import Rejected

Limit = Annotated[int, Query(ge=1, le=200, description="At most this many items.")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before.")]


def encode_cursor(*key: str | int) -> str:
    """Return the opaque form of a sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int) -> list[str | int]:
    """Return the sort key. Raises Rejected with code `invalid_cursor` for anything that we did not give out."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[str | int])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Rejected("the cursor is not one of ours", code="invalid_cursor") from error
    if len(key) != length:
        raise Rejected("the cursor belongs to another list", code="invalid_cursor")
    return key
