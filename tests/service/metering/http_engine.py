"""A server that speaks ClickHouse's HTTP interface and lets the embedded engine answer: for the client's other path.

It knows what that client sends: the statement in the query or the body, settings and parameters beside it, data of an
insert in the body, compressed or not. Nothing of it is in the product.
"""

import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame

# What the client says to the transport and not to the engine.
TRANSPORT = {"query", "database", "client_protocol_version", "wait_end_of_query", "session_id", "query_id"} | {
    "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression", "compress",
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """One request is one statement; one connection has one handle of the engine, with the settings that it was told."""

    protocol_version = "HTTP/1.1"
    connection_string: str
    seen: list[str]
    open: set[socket.socket]

    def setup(self) -> None:
        super().setup()
        self.open.add(self.connection)
        self.engine: Any = chdb.connect(self.connection_string)
        self.told: dict[str, str] = {}

    def finish(self) -> None:
        self.engine.close()
        self.open.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self._chunks())
        body = _plain(body, self.headers.get("Content-Encoding"))
        try:
            answer, headers = self._run(query, body)
            self._answer(200, answer, headers)
        except RuntimeError as error:
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            self._answer(500, text.encode(), {"X-ClickHouse-Exception-Code": code.group(1) if code else "1"})

    do_GET = do_POST  # noqa: N815 -- the library's name

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 -- the library's name

    def _run(self, query: dict[str, str], body: bytes) -> tuple[bytes, dict[str, str]]:
        statement, data = query.get("query", ""), body
        if not statement:
            statement, data = body.decode(), b""
        insert = re.match(r"(?is)\s*(INSERT INTO .+?)\s+FORMAT\s+(\w+)\s*$", statement)
        if insert is None and statement.upper().startswith("INSERT") is False and (head := _head(data)) is not None:
            insert, data = head, data[head.end() :]
        type(self).seen.append(statement.split(None, 1)[0].upper() if statement.strip() else "PING")
        for name, value in query.items():
            if name not in TRANSPORT and not name.startswith("param_") and self.told.get(name) != value:
                self.engine.query(f"SET {name} = '{value}'", "TabSeparated")
                self.told[name] = value
        if insert is not None and data:
            with tempfile.NamedTemporaryFile() as file:
                Path(file.name).write_bytes(data)
                self.engine.query(f"{insert[1]} FROM INFILE '{file.name}' FORMAT {insert[2]}", "TabSeparated")
            return b"", {}
        named = {name[6:]: value for name, value in query.items() if name.startswith("param_")}
        found = self.engine.query(statement, "TabSeparated", params=named).bytes() or b""
        return found, {"X-ClickHouse-Format": "TabSeparated"} if found else {}

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _head(data: bytes) -> Any:
    return re.match(rb"(?is)\s*(INSERT INTO .+?)\s+FORMAT\s+(\w+)\s*\n", data)


def _plain(body: bytes, encoding: str | None) -> bytes:
    if encoding == "lz4":
        plain: bytes = lz4.frame.decompress(body)
        return plain
    assert encoding is None, encoding
    return body


@contextmanager
def http_engine(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve the engine at `path`; give the URL for METERING_CLICKHOUSE_URL, and the kinds of statements that came."""
    seen: list[str] = []
    connections: set[socket.socket] = set()
    handler = type("Bound", (Handler,), {"connection_string": str(path.resolve()), "seen": seen, "open": connections})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False  # the engine must not end before its last handle is closed
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://metering:secret@127.0.0.1:{server.server_port}/default", seen
    finally:
        server.shutdown()
        for connection in list(connections):
            connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join()
