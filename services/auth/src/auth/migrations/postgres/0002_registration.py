"""Registrations, one-time links, security events; what a login shows of its user and where it was last."""

from alembic import op

revision = "0002"
down_revision = "0001"

REGISTRATIONS = """
create table registrations (
    id uuid primary key,
    email text not null check (email = lower(email) and email = btrim(email)),
    full_name text not null,
    phone text not null,
    password_hash text not null,
    language text not null check (language in ('ru', 'en')),
    created_at timestamptz not null,
    letters integer not null default 1,
    letter_at timestamptz not null,
    confirmed_at timestamptz
)
"""
ONE_TIME_LINKS = """
create table one_time_links (
    token_hmac bytea primary key,
    purpose text not null check (purpose in ('registration', 'recovery', 'email_change')),
    registration_id uuid references registrations on delete cascade,
    user_id uuid references users on delete cascade,
    login_id uuid,
    email text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint a_link_is_for_somebody check ((registration_id is null) <> (user_id is null)),
    constraint an_email_change_has_an_email check ((purpose = 'email_change') = (email is not null))
)
"""
# Requests are answered before anybody looks whether the address is known: the worker does that.
RECOVERY_REQUESTS = """
create table recovery_requests (
    id uuid primary key,
    email text not null,
    requested_at timestamptz not null
)
"""
SECURITY_EVENTS = """
create table security_events (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    at timestamptz not null,
    kind text not null,
    device text,
    address text
)
"""
LOGINS = (
    "alter table logins add column shown_name text",
    "update logins l set shown_name = u.full_name from users u where u.id = l.user_id",
    "alter table logins alter column shown_name set not null",
    "alter table logins add column address text",
    "alter table logins add column confirmed_until timestamptz",
)
INDEXES = (
    "create index registrations_by_age on registrations (created_at)",
    "create index one_time_links_of_registration on one_time_links (registration_id)",
    "create index one_time_links_of_user on one_time_links (user_id)",
    "create index one_time_links_by_end on one_time_links (expires_at)",
    "create index recovery_requests_by_age on recovery_requests (requested_at)",
    "create index security_events_of_user on security_events (user_id, at desc, id desc)",
    "create index security_events_by_age on security_events (at)",
)


def upgrade() -> None:
    for statement in (REGISTRATIONS, ONE_TIME_LINKS, RECOVERY_REQUESTS, SECURITY_EVENTS, *LOGINS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    for table in ("security_events", "recovery_requests", "one_time_links", "registrations"):
        op.execute(f"drop table {table}")
    for column in ("shown_name", "address", "confirmed_until"):
        op.execute(f"alter table logins drop column {column}")
