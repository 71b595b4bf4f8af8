"""Deletes what has had its time."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ATTEMPTS = """
    delete from login_attempts where subject in
    (select subject from login_attempts where window_began_at < :before for update skip locked)
"""
# In this order: what hangs on a secret alone goes after it.
_SECRETS = (
    "delete from refresh_tokens where expires_at < :before",
    """
    delete from logins l where l.last_used_at < :before
    and not exists (select 1 from refresh_tokens t where t.login_id = l.id)
    """,
    "delete from api_keys where expires_at < :before",
    "delete from recovery_codes where used_at < :before",
    "delete from recovery_requests where requested_at < :before",
    "delete from factor_challenges where expires_at < :before",
    "delete from one_time_links where expires_at < :before",
    """
    delete from registrations r where r.created_at < :before
    and not exists (select 1 from one_time_links l where l.registration_id = r.id)
    """,
)
# A device without a session is known by its cookie alone, and browsers keep that no longer.
_DEVICES = """
    delete from devices d where d.first_seen_at < :before
    and not exists (select 1 from logins l where l.user_id = d.user_id and l.device_hmac = d.device_hmac)
"""
_EVENTS = "delete from security_events where at < :before"


async def delete_outlived(
    connection: AsyncConnection,
    *,
    secrets_before: datetime,
    attempts_before: datetime,
    devices_before: datetime,
    events_before: datetime,
) -> int:
    """Delete expired secrets and what hangs on them alone, counters whose window is over, lost devices, old events."""
    outlived = [
        (_ATTEMPTS, attempts_before),
        *((statement, secrets_before) for statement in _SECRETS),
        (_DEVICES, devices_before),
        (_EVENTS, events_before),
    ]
    deleted = 0
    for statement, before in outlived:
        deleted += (await connection.execute(text(statement), {"before": before})).rowcount
    return deleted
