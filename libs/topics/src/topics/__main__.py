"""`python -m topics write | check | asyncapi`: the committed documents of the topics (docs/api); `resend-dead-letters`.

One JSON Schema a topic and a table (topics), the supplier's streams as AsyncAPI and as a page. `check` exits with 1 if
they differ from the code, so a change of a message is seen as a change of its contract.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from common.kafka.topic import Topic
from topics import ALL, asyncapi, dead_letters, supplier_topics

FOLDER = Path(__file__).resolve().parents[4] / "docs" / "api" / "topics"
EXAMPLE_SUPPLIER = "demo"


def documents() -> dict[str, str]:
    """Return the text of each document by its file name."""
    topics = [*ALL, *supplier_topics(EXAMPLE_SUPPLIER)]
    texts = {f"{_public(topic.name)}.schema.json": _schema(topic) for topic in topics}
    return texts | {"README.md": _table(topics)}


def beside() -> dict[Path, str]:
    """Return the text of the supplier's streams as AsyncAPI and as a page, by path."""
    return {FOLDER.parent / "asyncapi.json": asyncapi.text(), FOLDER.parent / "streams.html": asyncapi.page()}


def _public(name: str) -> str:
    return name.replace(f"supplier-{EXAMPLE_SUPPLIER}-", "supplier-code-")


def _schema(topic: Topic[Any]) -> str:
    schema = msgspec.json.schema(topic.message)
    name = _public(topic.name)
    document = {"$id": topic.data_schema.replace(topic.name, name), "title": name, **schema}
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _table(topics: list[Topic[Any]]) -> str:
    lines = [
        "# Topics",
        "",
        "Written by `make topics` from `libs/topics`. Values are JSON; CloudEvents 1.0 attributes stand in the headers",
        "(`ce_dataschema` names the version). A reader ignores fields that it does not know; within a version fields",
        "are only added. `supplier-code-…` stands once for each supplier, with its code.",
        "",
        "| topic | key of order | written by | read by | kept | partitions | what |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic in topics:
        kept = "newest of each key" if topic.compacted else f"{topic.retention_hours} h"
        lines.append(
            f"| [{_public(topic.name)}]({_public(topic.name)}.schema.json) | {topic.key_field} | {topic.owner} "
            f"| {(', '.join(topic.readers) or 'nobody yet').replace(f'supplier-{EXAMPLE_SUPPLIER}', 'the supplier')} "
            f"| {kept} | {topic.partitions} | {topic.description} |"
        )
    lines += [
        "",
        "What a reader could not process lies in `<topic>-dlt` with `dlt_reason`, `dlt_detail`, `dlt_reader`,",
        "`dlt_topic`, `dlt_partition` and `dlt_offset` in its headers.",
        "",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write or check the documents, print the AsyncAPI document, or send dead letters back."""
    if arguments == ["asyncapi"]:
        print(asyncapi.text(), end="")
        return 0
    if arguments[:1] == [dead_letters.COMMAND]:
        return dead_letters.main(arguments[1:])
    if arguments not in (["write"], ["check"]):
        print(f"usage: python -m topics write | check | asyncapi | {dead_letters.COMMAND} TOPIC", file=sys.stderr)
        return 2
    wanted = {FOLDER / name: text for name, text in documents().items()} | beside()
    if arguments == ["write"]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for stale in set(FOLDER.iterdir()) - set(wanted):
            stale.unlink()
        for path, text in wanted.items():
            path.write_text(text, encoding="utf-8")
        return 0
    there = {*FOLDER.glob("*"), *beside()}
    found = {path: path.read_text(encoding="utf-8") for path in there if path.exists()}
    if found != wanted:
        changed = sorted(path.name for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path))
        print(f"docs/api differs from libs/topics ({', '.join(changed)}): run `make topics`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
