"""Bill runs and their cut-offs, to which period each revision belongs, and the hour at which suppliers close days."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    # Append-only: the highest version of a period counts. A null cut_off_at takes the run back.
    """
    create table bill_runs (
        supplier_code text not null,
        period date not null check (extract(day from period) = 1),
        version bigint not null,
        cut_off_at timestamptz,
        document_id text not null,
        announced_by uuid,
        announced_at timestamptz not null,
        primary key (supplier_code, period, version)
    )
    """,
    """
    alter table ledger_revisions
        add column slots_edited smallint not null default 0,
        add column slots_billed smallint not null default 0,
        add column change text,
        add column lands_in_period date,
        add column corrects_period date
    """,
    # Revisions by the period that they belong to: is there one that a cut-off would contradict?
    "create index ledger_revisions_landed on ledger_revisions (lands_in_period, closed_at)",
    # When the newest revision was closed, while billing has not confirmed it.
    "alter table ledger_days add column open_since timestamptz",
    """
    update ledger_days set open_since = ledger_revisions.closed_at from ledger_revisions
    where ledger_revisions.point_id = ledger_days.point_id and ledger_revisions.day = ledger_days.day
        and ledger_revisions.revision = ledger_days.revision
        and not exists (
            select from ledger_receipts where ledger_receipts.point_id = ledger_days.point_id
                and ledger_receipts.day = ledger_days.day and ledger_receipts.revision = ledger_days.revision
                and ledger_receipts.state = 'confirmed'
        )
    """,
    "create index ledger_days_open on ledger_days (open_since, point_id, day) where open_since is not null",
    # Days whose half hours are to be marked as used in a closed bill.
    "alter table ledger_receipts add column to_be_marked boolean not null default false",
    "create index ledger_receipts_to_be_marked on ledger_receipts (day, point_id) where to_be_marked",
    """
    create table closing_hours (
        supplier_code text not null,
        valid_from date not null,
        hour smallint not null check (hour between 0 and 23),
        primary key (supplier_code, valid_from)
    )
    """,
    """
    create trigger registry_notify after insert or update or delete on closing_hours
        for each statement execute function registry_notify()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table closing_hours")
    op.execute("drop index ledger_receipts_to_be_marked")
    op.execute("alter table ledger_receipts drop column to_be_marked")
    op.execute("drop index ledger_days_open")
    op.execute("alter table ledger_days drop column open_since")
    op.execute("drop index ledger_revisions_landed")
    op.execute(
        "alter table ledger_revisions drop column slots_edited, drop column slots_billed, drop column change,"
        " drop column lands_in_period, drop column corrects_period"
    )
    op.execute("drop table bill_runs")
