"""Tickets, their numbers, the copy of links."""

from alembic import op

from common import outbox
from common.http import idempotency

revision = "0001"
down_revision = None

DDL = (
    """
    create table contract_links (
        contract_id uuid primary key,
        version bigint not null,
        user_ids uuid[] not null
    )
    """,
    """
    create table ticket_numbers (
        contract_id uuid primary key,
        last_number integer not null
    )
    """,
    """
    create table tickets (
        id uuid primary key,
        contract_id uuid not null,
        number integer not null,
        author_id uuid not null,
        email text not null,
        phone text not null,
        subject text not null,
        text text not null,
        state text not null,
        answer text,
        version bigint not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        unique (contract_id, number)
    )
    """,
)


def upgrade() -> None:
    for statement in (*DDL, *outbox.DDL, *idempotency.DDL):
        op.execute(statement)


def downgrade() -> None:
    for table in ("idempotency_keys", "outbox", "tickets", "ticket_numbers", "contract_links"):
        op.execute(f"drop table {table}")
    op.execute("drop function outbox_notify")
