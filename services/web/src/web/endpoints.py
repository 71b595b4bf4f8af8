"""HTTP: pages with a fresh nonce, assets for ever, everything else 404. GET and HEAD only."""

import re
import secrets

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from common.errors import NotFound
from web.site import API_DOCS, ASSETS, INDEX, NONCE_MARK, STREAMS, File, Site

# Mantine writes style elements, hence the nonce; swagger-ui draws its arrows from data: images.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")


async def show_api_docs(request: Request) -> Response:
    """The readable form of the OpenAPI document."""
    return _page(_site(request).pages[API_DOCS])


async def show_openapi(request: Request) -> Response:
    """The portal's OpenAPI document, as committed."""
    document = _site(request).openapi
    if document is None:
        raise NotFound("this installation has no OpenAPI document")
    return _file(document, request)


async def show_streams(request: Request) -> Response:
    """The readable form of the AsyncAPI document."""
    page = _site(request).pages.get(STREAMS)
    if page is None:
        raise NotFound("this installation has no page of the streams")
    return _page(page)


async def show_asyncapi(request: Request) -> Response:
    """The AsyncAPI document of a supplier's streams, as committed."""
    document = _site(request).asyncapi
    if document is None:
        raise NotFound("this installation has no AsyncAPI document")
    return _file(document, request)


async def show_client(request: Request) -> Response:
    """A file of the client, or, for an address of one of its pages, the client itself."""
    site = _site(request)
    path = request.path_params["path"]
    if (file := site.files.get(path)) is not None:
        return _file(file, request)
    last = path.rsplit("/", 1)[-1]
    # A missing asset must not be answered with a page: a browser would take HTML for a script.
    if path.startswith((ASSETS, "api/")) or "." in last:
        raise NotFound("there is no such file")
    return _page(site.pages[INDEX])


ROUTES = [
    Route("/api/docs", show_api_docs),
    Route("/api/openapi.json", show_openapi),
    Route("/api/streams", show_streams),
    Route("/api/asyncapi.json", show_asyncapi),
    Route("/{path:path}", show_client),
]


def _site(request: Request) -> Site:
    site = request.app.state.resources
    assert isinstance(site, Site)  # noqa: S101 -- put there by create_app
    return site


def _page(text: str) -> Response:
    nonce = secrets.token_urlsafe(16)
    headers = {
        **_HEADERS,
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
    }
    return HTMLResponse(text.replace(NONCE_MARK, nonce), headers=headers)


def _file(file: File, request: Request) -> Response:
    headers = {
        **_HEADERS,
        "Cache-Control": _FOR_EVER if file.immutable else _ASK_EACH_TIME,
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
    }
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    encoding = next((name for name in file.encoded if name in _accepted(request)), None)
    if encoding is None:
        return Response(file.body, media_type=file.media_type, headers=headers)
    return Response(
        file.encoded[encoding], media_type=file.media_type, headers={**headers, "Content-Encoding": encoding}
    )


def _accepted(request: Request) -> set[str]:
    wanted = request.headers.get("accept-encoding", "").lower().split(",")
    return {one.split(";")[0].strip() for one in wanted if not _REFUSED.search(one)}
