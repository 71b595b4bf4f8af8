"""The environment of each service: the one place that knows which address and password goes to whom.

Also writes it to `.local/env/<service>.env`, so that a person can run that service alone with a debugger.
"""

import json
import shlex

from .kafka import ADMIN
from .passwords import Secrets
from .paths import Paths, write_private
from .postgres import database_url
from .readiness import HOST
from .settings import SERVICES, LocalSettings

SMS_DOMAIN = "sms.example"
"""Texts for phones come to the inbox page as letters to +7…@this."""


def service_environments(settings: LocalSettings, held: Secrets) -> dict[str, dict[str, str]]:
    """Return what each process of the stack gets beside the inherited environment, by its name."""
    made = {name: _common(settings, name) | _kafka(settings, held, name) for name in (*SERVICES, "meter-poller")}
    for name in SERVICES:
        made[name][_prefix(name) + "DATABASE_URL"] = database_url(settings, held, name)
    for name in ("metering", "meter-poller"):
        made[name] |= settings.clock_environment
    made["meter-poller"]["METER_POLLER_BORDER_TOLERANCE_SECONDS"] = str(settings.border_tolerance_seconds)
    made["auth"] |= {
        "AUTH_KEY_ENCRYPTION_KEY": held.keys["auth"],
        "AUTH_REGISTRATIONS_PER_ADDRESS": str(settings.registrations_per_address),
        "AUTH_LETTER_AGAIN_SECONDS": str(settings.letter_again_seconds),
        "AUTH_COOKIE_SECURE": "false",  # the local portal has no HTTPS
        "AUTH_SMS_ENABLED": "true",  # the inbox page shows them
        "AUTH_PASSKEY_ORIGINS": json.dumps([settings.portal_url]),
    }
    made["contracts"]["CONTRACTS_TOKEN_KEY"] = held.keys["contracts"]
    made["metering"]["METERING_CLICKHOUSE_PATH"] = str(settings.paths.clickhouse)
    made["notify"] |= {
        "NOTIFY_SMTP_HOST": HOST,
        "NOTIFY_SMTP_PORT": str(settings.ports["smtp"]),
        "NOTIFY_SMS_DOMAIN": SMS_DOMAIN,
        "NOTIFY_PUBLIC_URL": settings.portal_url,
    }
    made["web"] = _common(settings, "web")
    # No process: for `python -m topics resend-dead-letters`.
    made["log-administrator"] = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "KAFKA_USERNAME": ADMIN,
        "KAFKA_PASSWORD": held.kafka_admin,
    }
    made["gateway"] = _gateway(settings)
    made["simulators"] = dict(settings.clock_environment)
    made["inbox"] = {
        "INBOX_HTTP_PORT": str(settings.ports["inbox"]),
        "INBOX_SMTP_PORT": str(settings.ports["smtp"]),
    }
    return made


def supplier_environment(settings: LocalSettings, held: Secrets, code: str) -> dict[str, str]:
    """Return what a supplier's billing system needs to read its streams."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_USERNAME": f"supplier-{code}",
        "KAFKA_PASSWORD": held.suppliers[code],
        "KAFKA_GROUP_PREFIX": f"supplier-{code}-",
    }


def write_environments(paths: Paths, environments: dict[str, dict[str, str]]) -> None:
    for name, values in environments.items():
        lines = (f"{key}={shlex.quote(value)}" for key, value in sorted(values.items()))
        write_private(paths.env / f"{name}.env", "\n".join(lines) + "\n")


def _prefix(name: str) -> str:
    return name.upper().replace("-", "_") + "_"


def _common(settings: LocalSettings, name: str) -> dict[str, str]:
    prefix = _prefix(name)
    return {
        f"{prefix}HTTP_HOST": HOST,
        f"{prefix}HTTP_PORT": str(settings.ports[name.replace("-", "_")]),
        f"{prefix}LOG_LEVEL": settings.log_level,
        f"{prefix}JWKS_URL": settings.url("auth") + "/.well-known/jwks.json",
    }


def _kafka(settings: LocalSettings, held: Secrets, name: str) -> dict[str, str]:
    prefix = _prefix(name)
    return {
        f"{prefix}KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        f"{prefix}KAFKA_USERNAME": name,
        f"{prefix}KAFKA_PASSWORD": held.kafka[name],
    }


def _gateway(settings: LocalSettings) -> dict[str, str]:
    upstreams = {f"GATEWAY_{_prefix(name)}URL": settings.url(name) for name in (*SERVICES, "web")}
    return upstreams | {
        "GATEWAY_HTTP_PORT": str(settings.ports["gateway"]),
        "GATEWAY_ADMIN_PORT": str(settings.ports["gateway_admin"]),
    }
