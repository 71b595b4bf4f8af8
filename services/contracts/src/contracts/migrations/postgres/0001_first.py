"""Suppliers, contracts, links, attempts to link."""

from alembic import op

from common import outbox
from common.http import idempotency

revision = "0001"
down_revision = None

# Logins and numbers may change places within one registry file, hence deferred.
DDL = (
    """
    create table suppliers (
        code text primary key,
        name text not null,
        phone text,
        email text,
        site text
    )
    """,
    """
    create table contracts (
        id uuid primary key,
        supplier_code text not null references suppliers,
        number text not null,
        login text not null,
        password_hash text not null,
        version bigint not null default 1,
        closed boolean not null default false,
        created_at timestamptz not null default now(),
        unique (supplier_code, login) deferrable initially deferred,
        unique (supplier_code, number) deferrable initially deferred
    )
    """,
    """
    create table links (
        id bigint generated always as identity primary key,
        contract_id uuid not null references contracts,
        user_id uuid not null,
        name text not null,
        linked_at timestamptz not null,
        unlinked_at timestamptz
    )
    """,
    "create unique index links_active on links (contract_id, user_id) where unlinked_at is null",
    "create index links_of_user on links (user_id, linked_at, contract_id) where unlinked_at is null",
    """
    create table link_attempts (
        scope text not null,
        digest bytea not null,
        attempts integer not null,
        started_at timestamptz not null,
        primary key (scope, digest)
    )
    """,
    "create index link_attempts_age on link_attempts (started_at)",
)


def upgrade() -> None:
    for statement in (*DDL, *outbox.DDL, *idempotency.DDL):
        op.execute(statement)


def downgrade() -> None:
    for table in ("idempotency_keys", "outbox", "link_attempts", "links", "contracts", "suppliers"):
        op.execute(f"drop table {table}")
    op.execute("drop function outbox_notify")
