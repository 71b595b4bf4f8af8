"""Schedules of tariff zones as data with dates, the checks of zones by day, and warnings of the power limit."""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    # Null supplier: for all that have none of their own. Null clock: the point's own zone. Never updated in place.
    """
    create table tariff_schedules (
        id bigint generated always as identity primary key,
        supplier_code text,
        plan text not null,
        titles text[] not null,
        valid_from date not null,
        valid_to date check (valid_to > valid_from),
        clock text,
        windows jsonb not null,
        document text not null,
        unique nulls not distinct (supplier_code, plan, valid_from)
    )
    """,
    """
    insert into tariff_schedules (plan, titles, valid_from, windows, document)
    select plan, titles, '2013-12-01', windows, 'Приказ ФСТ России 1473-э от 26.11.2013' from (values
        ('one', array['Однозонный', 'Одноставочный'], jsonb '{"T1": [["00:00", "24:00"]]}'),
        ('two', array['Двухзонный'], jsonb '{"T1": [["07:00", "23:00"]], "T2": [["23:00", "07:00"]]}'),
        ('three', array['Трёхзонный', 'Трехзонный'], jsonb '{"T1": [["07:00", "10:00"], ["17:00", "21:00"]],
            "T2": [["23:00", "07:00"]], "T3": [["10:00", "17:00"], ["21:00", "23:00"]]}')
    ) as ordered (plan, titles, windows)
    """,
    # Of the newest revision of a day that was checked. Columns of zones are of one length.
    """
    create table zone_checks (
        point_id uuid not null,
        day date not null,
        revision integer not null,
        checked_at timestamptz not null,
        verdict text not null,
        cause text,
        plan text,
        shift_minutes integer,
        fits text,
        zones text[] not null,
        registers_wh bigint[] not null,
        profile_wh bigint[] not null,
        tolerances_wh bigint[] not null,
        primary key (point_id, day),
        foreign key (point_id, day) references ledger_days
    )
    """,
    "create index ledger_days_by_day on ledger_days (day, point_id) where revision > 0",
    # outcome: null until the half hour itself is known.
    """
    create table power_warnings (
        point_id uuid not null references points,
        starts_at timestamptz not null,
        limit_w integer not null,
        warned_at timestamptz,
        projected_w integer,
        passed_at timestamptz,
        mean_w integer,
        outcome text check (outcome in ('exceeded', 'near_miss')),
        primary key (point_id, starts_at)
    )
    """,
    "create index power_warnings_open on power_warnings (starts_at) where outcome is null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table power_warnings")
    op.execute("drop index ledger_days_by_day")
    op.execute("drop table zone_checks")
    op.execute("drop table tariff_schedules")
