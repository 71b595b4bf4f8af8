"""Cursor pages: an opaque cursor is the sort key of the last item, so that new rows never shift a page."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

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


def encode_moment(at: datetime, identifier: UUID) -> str:
    """Return the cursor of a list that is sorted by an instant and then by id."""
    return encode_cursor(at.isoformat(), str(identifier))


def decode_moment(cursor: str) -> tuple[datetime, UUID]:
    """Return what `encode_moment` was given. Raises as `decode_cursor`."""
    at, identifier = decode_cursor(cursor, length=2)
    try:
        moment, key = datetime.fromisoformat(str(at)), UUID(str(identifier))
        if moment.tzinfo is None:
            raise Rejected("the cursor belongs to another list", code="invalid_cursor")
        return moment.astimezone(UTC), key  # at the ends of the calendar there is no such instant
    except (ValueError, OverflowError) as error:
        raise Rejected("the cursor belongs to another list", code="invalid_cursor") from error
