"""Notifications, deliveries of letters, the copy of links."""

from alembic import op

revision = "0001"
down_revision = None

# A delivery keeps no personal datum once it is over.
DDL = (
    """
    create table contract_links (
        contract_id uuid primary key,
        version bigint not null,
        user_ids uuid[] not null
    )
    """,
    """
    create table notifications (
        id uuid primary key,
        user_id uuid not null,
        contract_id uuid not null,
        kind text not null,
        dedup_key text not null,
        fields jsonb not null,
        created_at timestamptz not null,
        read_at timestamptz,
        unique (user_id, dedup_key)
    )
    """,
    "create index notifications_of_user on notifications (user_id, created_at desc, id desc)",
    "create index notifications_unread on notifications (user_id, contract_id) where read_at is null",
    """
    create table deliveries (
        letter_id uuid primary key,
        kind text not null,
        state text not null check (state in ('pending', 'sent', 'refused', 'expired')),
        recipient text,
        language text not null,
        subject text,
        text text,
        attempts integer not null default 0,
        received_at timestamptz not null,
        expires_at timestamptz not null,
        next_attempt_at timestamptz not null,
        over_at timestamptz,
        check ((state = 'pending') = (over_at is null)),
        check (state = 'pending' or (recipient is null and subject is null and text is null))
    )
    """,
    "create index deliveries_due on deliveries (next_attempt_at) where state = 'pending'",
    "create index deliveries_over on deliveries (over_at)",
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    for table in ("deliveries", "notifications", "contract_links"):
        op.execute(f"drop table {table}")
