"""Reads an uploaded file: the request's body itself."""

from fastapi import Request

from contracts.errors import FileTooLarge

MAX_FILE_BYTES = 1_000_000


async def file_of(request: Request) -> bytes:
    """Return the body, reading no more of it than is allowed. Raises FileTooLarge."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_FILE_BYTES:
            raise FileTooLarge(MAX_FILE_BYTES)
    return bytes(received)
