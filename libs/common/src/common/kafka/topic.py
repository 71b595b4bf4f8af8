"""A topic as a value: everything that producers, subscribers, provisioning and documents need to know of it.

Messages are frozen msgspec structs in JSON. Within a version only optional fields are added; subscribers
ignore fields that they do not know. CloudEvents 1.0 attributes travel in the headers (binary mode).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4

import msgspec

from common.errors import Rejected

Headers = Sequence[tuple[str, bytes]]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Base of every message."""


M = TypeVar("M", bound=Message)
N = TypeVar("N", bound=Message)


@dataclass(frozen=True, kw_only=True)
class Topic(Generic[M]):
    """One topic. `key` gives the record's key, so the order that subscribers may rely on."""

    name: str
    message: type[M]
    key: Callable[[M], str]
    owner: str
    readers: tuple[str, ...]
    description: str
    partitions: int = 4
    retention_hours: int | None = 14 * 24
    compacted: bool = False
    max_message_bytes: int = 1_000_000
    dead_lettered: bool = True
    schema_version: int = 1
    _decoder: msgspec.json.Decoder[M] = field(init=False, repr=False, compare=False)
    _schema: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_decoder", msgspec.json.Decoder(self.message))
        object.__setattr__(self, "_schema", self.data_schema.encode())

    @property
    def dead_letter_name(self) -> str:
        """The topic that takes what a reader could not process."""
        return f"{self.name}-dlt"

    @property
    def data_schema(self) -> str:
        """The CloudEvents `dataschema` of this version."""
        return f"urn:halfhour:{self.name}:{self.schema_version}"

    def read_as(self, message: type[N]) -> "Topic[N]":
        """Return this topic for a reader that needs less of a message, or its parts in another form."""
        return cast("Topic[N]", replace(cast("Topic[Any]", self), message=message))

    @property
    def key_field(self) -> str:
        """The name of the message's field that the key is made of, found by asking the key function."""
        asked: list[str] = []

        class Probe:
            def __getattr__(self, name: str) -> str:
                asked.append(name)
                return name

        self.key(cast("M", Probe()))
        return asked[-1]

    def encode(self, message: M) -> bytes:
        return msgspec.json.encode(message)

    def decode(self, value: bytes | None, headers: Headers = ()) -> M:
        """Decode one record.

        Raises Rejected with code `unknown_schema`, `not_json` or `invalid_message`; the detail says where.
        """
        self.check_schema(headers)
        if value is None:
            raise Rejected("the record has no value", code="not_json")
        try:
            return self._decoder.decode(value)
        except msgspec.ValidationError as error:
            raise Rejected(str(error), code="invalid_message") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Rejected(str(error), code="not_json") from error

    def check_schema(self, headers: Headers) -> None:
        """Raise Rejected with code `unknown_schema` unless the headers name this topic's schema version."""
        found = b""
        for name, value in headers:
            if name == "ce_dataschema":
                found = value
                break
        if found != self._schema:
            text = found.decode(errors="replace")
            raise Rejected(f"dataschema is {text!r}, expected {self.data_schema!r}", code="unknown_schema")

    def headers(self, *, at: datetime | None = None) -> list[tuple[str, bytes]]:
        """Return the CloudEvents attributes for a new record of this topic."""
        return [("ce_id", uuid4().hex.encode()), *self._shared_headers(at)]

    def headers_of_many(self, *, at: datetime | None = None) -> Iterator[list[tuple[str, bytes]]]:
        """Yield, without end, the attributes for new records of this topic that are made at one time."""
        shared, batch = self._shared_headers(at), uuid4().hex.encode()
        for number in count():
            yield [("ce_id", b"%b-%d" % (batch, number)), *shared]

    def _shared_headers(self, at: datetime | None) -> list[tuple[str, bytes]]:
        return [
            ("ce_specversion", b"1.0"),
            ("ce_source", f"/{self.owner}".encode()),
            ("ce_type", f"halfhour.{self.name}".encode()),
            ("ce_time", (at or datetime.now(UTC)).isoformat().encode()),
            ("ce_dataschema", self.data_schema.encode()),
            ("content-type", b"application/json"),
        ]
