"""The files of the client in memory, read once: pages with a place for the nonce, assets with their compressed forms.

Only what the build wrote has an address, so no path of a request ever reaches the file system.
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from web.errors import NotBuilt

NONCE_MARK = "__CSP_NONCE__"
INDEX = "index.html"
API_DOCS = "api-docs.html"
STREAMS = "streams.html"
ASYNCAPI = "asyncapi.json"
ASSETS = "assets/"
# In order of preference; the names are those of Accept-Encoding.
ENCODINGS = {"br": ".br", "gzip": ".gz"}


@dataclass(frozen=True)
class File:
    """One file. `encoded` has its compressed forms by the name of the encoding."""

    media_type: str
    body: bytes
    encoded: Mapping[str, bytes]
    etag: str
    immutable: bool


@dataclass(frozen=True)
class Site:
    """The whole client. `files` by path without the leading slash; `pages` are HTML with NONCE_MARK in them."""

    pages: Mapping[str, str]
    files: Mapping[str, File]
    openapi: File | None
    asyncapi: File | None

    async def ping(self) -> None:
        """Everything is in memory: never away."""


def load_site(dist: Path, openapi_file: Path) -> Site:
    """Read the built client, and the API's documents that stand beside `openapi_file`.

    Raises NotBuilt if the client is not there, or has a page without a place for the nonce.
    """
    pages = {name: _page(dist / name) for name in (INDEX, API_DOCS)}
    documents = openapi_file.parent
    if (documents / STREAMS).is_file():
        text = (documents / STREAMS).read_text(encoding="utf-8")
        pages[STREAMS] = text.replace("<style>", f'<style nonce="{NONCE_MARK}">', 1)
    paths = {
        path.relative_to(dist).as_posix(): path
        for path in sorted(dist.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(dist).parts)
    }
    compressed = tuple(ENCODINGS.values())
    files = {
        name: _file(name, path) for name, path in paths.items() if name not in pages and not name.endswith(compressed)
    }
    openapi = _file("openapi.json", openapi_file) if openapi_file.is_file() else None
    asyncapi = _file(ASYNCAPI, documents / ASYNCAPI) if (documents / ASYNCAPI).is_file() else None
    return Site(pages=pages, files=files, openapi=openapi, asyncapi=asyncapi)


def _page(path: Path) -> str:
    if not path.is_file():
        raise NotBuilt(f"{path} is missing: build the client, or set WEB_DIST_DIR")
    text = path.read_text(encoding="utf-8")
    if NONCE_MARK not in text:
        raise NotBuilt(f"{path} has no place for the nonce")
    return text


def _file(name: str, path: Path) -> File:
    body = path.read_bytes()
    forms = {encoding: path.with_name(path.name + suffix) for encoding, suffix in ENCODINGS.items()}
    return File(
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        body=body,
        encoded={encoding: form.read_bytes() for encoding, form in forms.items() if form.is_file()},
        etag=f'"{sha256(body).hexdigest()[:32]}"',
        immutable=name.startswith(ASSETS),
    )
