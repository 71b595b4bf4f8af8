"""The daily ledger: which days are to be looked at, and every revision that was published."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    # due_at: when the day must be looked at; null while nothing is to be done. touches counts what may have changed it.
    """
    create table ledger_days (
        point_id uuid not null,
        day date not null,
        ends_at timestamptz not null,
        due_at timestamptz,
        touches bigint not null default 1,
        revision integer not null default 0 check (revision >= 0),
        primary key (point_id, day)
    )
    """,
    "create index ledger_days_due on ledger_days (due_at, day, point_id) where due_at is not null",
    # Append-only: a correction is a further row. Arrays are of the four channels: A+, A-, R+, R-.
    """
    create table ledger_revisions (
        point_id uuid not null,
        day date not null,
        revision integer not null check (revision > 0),
        digest text not null,
        state text not null,
        reason text not null,
        closed_at timestamptz not null,
        slots_expected smallint not null,
        slots_received smallint not null,
        slots_valid smallint not null,
        slots_estimated smallint not null,
        slots_missing smallint not null,
        sums_wh bigint[] not null,
        register_differences_wh bigint[] not null,
        residuals_wh bigint[] not null,
        tolerances_wh bigint[] not null,
        verdict text not null,
        cause text,
        primary key (point_id, day, revision),
        foreign key (point_id, day) references ledger_days
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ledger_revisions")
    op.execute("drop table ledger_days")
