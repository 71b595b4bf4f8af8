"""What billing answers about days, and what operators have asked to be sent again."""

from alembic import op

from common.http import idempotency

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    create table ledger_receipts (
        point_id uuid not null,
        day date not null,
        revision integer not null,
        version bigint not null,
        digest text not null,
        state text not null check (state in ('confirmed', 'wrong_digest')),
        used_in_period date,
        received_at timestamptz not null,
        primary key (point_id, day, revision),
        foreign key (point_id, day, revision) references ledger_revisions
    )
    """,
    # An empty list of points is all points of the supplier. [from_day, to_day); done_until: how far it has been sent.
    """
    create table replays (
        id uuid primary key,
        supplier_code text not null,
        what text not null check (what in ('intervals', 'days')),
        point_ids uuid[] not null,
        from_day date not null,
        to_day date not null check (to_day > from_day),
        asked_by uuid,
        asked_at timestamptz not null,
        done_until date,
        messages_sent integer not null default 0,
        finished_at timestamptz
    )
    """,
    "create index replays_of_supplier on replays (supplier_code, asked_at desc)",
    "create index replays_unfinished on replays (asked_at) where finished_at is null",
    *idempotency.DDL,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table idempotency_keys")
    op.execute("drop table replays")
    op.execute("drop table ledger_receipts")
