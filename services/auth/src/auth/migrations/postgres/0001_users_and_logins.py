"""Users, devices, logins, refresh tokens, signing keys, counters of attempts, outbox."""

from alembic import op

from common import outbox

revision = "0001"
down_revision = None

USERS = """
create table users (
    id uuid primary key,
    email text not null unique check (email = lower(email) and email = btrim(email)),
    full_name text not null,
    phone text,
    password_hash text not null,
    language text not null check (language in ('ru', 'en')),
    roles text[] not null check (roles <@ array['consumer', 'operator', 'admin'] and cardinality(roles) > 0),
    supplier_code text,
    disabled boolean not null default false,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    constraint an_operator_has_a_supplier check (('operator' = any(roles)) = (supplier_code is not null))
)
"""
DEVICES = """
create table devices (
    user_id uuid not null references users on delete cascade,
    device_hmac bytea not null,
    first_seen_at timestamptz not null,
    primary key (user_id, device_hmac)
)
"""
LOGINS = """
create table logins (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    device_hmac bytea not null,
    device_name text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    constraint an_end_has_a_reason check ((ended_at is null) = (end_reason is null))
)
"""
REFRESH_TOKENS = """
create table refresh_tokens (
    token_hmac bytea primary key,
    login_id uuid not null references logins on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    successor_salt bytea,
    constraint a_used_token_has_a_successor check ((used_at is null) = (successor_salt is null))
)
"""
SIGNING_KEYS = """
create table signing_keys (
    key_id text primary key,
    private_key_sealed bytea not null,
    signs_from timestamptz not null unique,
    created_at timestamptz not null default now()
)
"""
LOGIN_ATTEMPTS = """
create table login_attempts (
    subject bytea primary key,
    window_began_at timestamptz not null,
    failures integer not null
)
"""
INDEXES = (
    "create index logins_of_user on logins (user_id) where ended_at is null",
    "create index refresh_tokens_of_login on refresh_tokens (login_id)",
    "create index refresh_tokens_by_end on refresh_tokens (expires_at)",
    "create index login_attempts_by_begin on login_attempts (window_began_at)",
)


def upgrade() -> None:
    for statement in (
        USERS,
        DEVICES,
        LOGINS,
        REFRESH_TOKENS,
        SIGNING_KEYS,
        LOGIN_ATTEMPTS,
        *INDEXES,
        *outbox.DDL,
    ):
        op.execute(statement)


def downgrade() -> None:
    for table in ("login_attempts", "signing_keys", "refresh_tokens", "logins", "devices", "users", "outbox"):
        op.execute(f"drop table {table}")
    op.execute("drop function outbox_notify")
