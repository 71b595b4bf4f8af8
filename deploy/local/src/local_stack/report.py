"""What a person or a test needs to use the running stack: addresses, logins, credentials."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from .environment import supplier_environment
from .passwords import Secrets
from .settings import SERVICES, LocalSettings

SECOND_FACTOR = "asks for a second factor: take the code by SMS, it arrives at the page of letters"


@dataclass(frozen=True)
class Person:
    """One demo login."""

    role: str
    email: str
    password: str


def ready_document(settings: LocalSettings, held: Secrets, people: list[Person], *, seconds: float) -> str:
    """Return all addresses and credentials as JSON. It holds secrets: write it for its owner only."""
    paths = settings.paths
    document: dict[str, Any] = {
        "portal": settings.portal_url,
        "api_docs": settings.portal_url + "/api/docs",
        "inbox": settings.url("inbox"),
        "services": {
            name: settings.url(name.replace("-", "_")) for name in (*SERVICES, "meter-poller", "web", "gateway_admin")
        },
        "suppliers": {code: supplier_environment(settings, held, code) for code in settings.suppliers},
        "people": [asdict(person) for person in people],
        "files": {
            "status": str(paths.status),
            "environments": str(paths.env),
            "logs": str(paths.logs),
            "simulators": str(paths.simulators),
        },
        "seconds": round(seconds, 1),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def table(settings: LocalSettings, people: list[Person], *, seconds: float) -> list[str]:
    """Return the lines that a person sees when the stack is ready."""
    portal = settings.portal_url
    rows = [
        *([] if "gateway" in settings.exclude else [("portal", portal), ("API docs", portal + "/api/docs")]),
        ("letters", settings.url("inbox")),
        *((person.role, f"{person.email} / {person.password}") for person in people),
        *([("", SECOND_FACTOR)] if any(person.role != "consumer" for person in people) else []),
        ("Kafka", settings.kafka_bootstrap_servers),
        *((f"billing {code}", f"credential in {_env(settings, code)}") for code in settings.suppliers),
        *(
            (f"left out: {name}", f"environment in {settings.paths.env / name}.env")
            for name in settings.exclude
            if name != "billing"
        ),
        ("ready in", f"{seconds:.1f} s"),
    ]
    width = max(len(name) for name, _ in rows)
    return ["", *(f"  {name:<{width}}  {value}" for name, value in rows), "", "  Ctrl-C stops everything.", ""]


def _env(settings: LocalSettings, code: str) -> str:
    return str(settings.paths.env / f"supplier-{code}.env")
