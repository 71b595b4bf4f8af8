"""Validation: limits of its rules from day to day, verdicts with their newest state, and every change of one."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    # Append-only: a later decision on the same days is a further row, known later.
    """
    create table validation_limits (
        name text not null,
        value double precision not null,
        supplier_code text,
        point_class text,
        valid_from date not null,
        valid_to date check (valid_to > valid_from),
        known_at timestamptz not null,
        source text not null,
        unique nulls not distinct (name, supplier_code, point_class, valid_from, known_at)
    )
    """,
    # slots: UTC seconds of the half hours that a verdict questions.
    """
    create table verdicts (
        id bigint generated always as identity primary key,
        point_id uuid not null,
        day date not null,
        rule text not null,
        part text not null,
        starts_at timestamptz not null,
        channel text,
        severity text not null,
        state text not null,
        value double precision not null,
        limit_value double precision not null,
        detail text not null,
        slots bigint[] not null,
        changed_at timestamptz not null,
        unique (point_id, day, rule, part, starts_at)
    )
    """,
    "create index verdicts_by_day on verdicts (day desc, id desc) where state = 'open'",
    """
    create table verdict_changes (
        id bigint generated always as identity primary key,
        verdict_id bigint not null references verdicts,
        severity text not null,
        state text not null,
        value double precision not null,
        limit_value double precision not null,
        detail text not null,
        known_at timestamptz not null
    )
    """,
    "create index verdict_changes_by_verdict on verdict_changes (verdict_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("verdict_changes", "verdicts", "validation_limits"):
        op.execute(f"drop table {table}")
