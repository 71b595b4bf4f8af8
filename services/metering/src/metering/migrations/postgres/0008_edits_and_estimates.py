"""What people decided on stored values and what was estimated, each with the versions that it put into the store."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    # `withdraws`: the edit whose values this one takes back. month: first day of the slots' local month.
    """
    create table edits (
        id uuid primary key,
        point_id uuid not null references points,
        supplier_code text not null,
        kind text not null check (kind in ('values', 'accept', 'restore')),
        state text not null check (state in ('pending', 'approved', 'applied', 'refused', 'withdrawn')),
        reason text not null,
        document text,
        month date not null,
        delta_wh bigint not null,
        month_wh bigint not null,
        needs_second_person boolean not null,
        withdraws uuid references edits,
        asked_by uuid not null,
        asked_at timestamptz not null,
        decided_by uuid,
        decided_at timestamptz,
        applied_at timestamptz,
        check ((state in ('pending', 'withdrawn')) or decided_by is not null)
    )
    """,
    "create index edits_of_supplier on edits (supplier_code, asked_at desc, id)",
    "create index edits_of_point on edits (point_id, month)",
    "create index edits_to_apply on edits (decided_at) where state = 'approved'",
    # Energies of the meter's side, former ones as they were when the edit was asked for; version once it is approved.
    """
    create table edit_slots (
        edit_id uuid not null references edits,
        point_id uuid not null,
        start_at timestamptz not null,
        meter_id uuid not null,
        quality text not null,
        flags smallint not null,
        energies bigint[] not null,
        former_quality text,
        former_energies bigint[],
        former_version bigint,
        version bigint,
        primary key (edit_id, start_at)
    )
    """,
    "create index edit_slots_of_point on edit_slots (point_id, start_at)",
    # One row a run of half hours; energies of the meter's side. replaced_at: since when none of it counts.
    """
    create table estimates (
        id uuid primary key,
        point_id uuid not null references points,
        start_at timestamptz not null,
        end_at timestamptz not null check (end_at > start_at),
        method text not null,
        quality text not null,
        version bigint not null,
        meter_id uuid not null,
        flags smallint not null,
        a_plus_wh bigint[] not null,
        a_minus_wh bigint[] not null,
        r_plus_varh bigint[] not null,
        r_minus_varh bigint[] not null,
        inputs jsonb not null,
        parameters jsonb not null,
        back_test jsonb,
        digest text not null,
        made_at timestamptz not null,
        replaced_at timestamptz,
        unique (point_id, start_at, version)
    )
    """,
    "create index estimates_open on estimates (point_id, start_at) where replaced_at is null",
    # Days that the estimation has something to look for in later: an archive that is still silent, better inputs.
    """
    create table estimation_looks (
        point_id uuid not null,
        day date not null,
        again_at timestamptz not null,
        primary key (point_id, day)
    )
    """,
    "create index estimation_looks_due on estimation_looks (again_at)",
    # What the law puts in the place of readings, by supplier and kind of consumer; half-open validity.
    """
    create table legal_substitutions (
        supplier_code text not null,
        consumer_kind text not null check (consumer_kind in ('household', 'organisation')),
        valid_from date not null,
        valid_to date check (valid_to > valid_from),
        months_full smallint not null check (months_full > 0),
        months_least smallint not null check (months_least > 0),
        periods_at_most smallint check (periods_at_most > 0),
        norm_wh_per_month bigint check (norm_wh_per_month >= 0),
        document text not null,
        primary key (supplier_code, consumer_kind, valid_from)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("legal_substitutions", "estimation_looks", "estimates", "edit_slots", "edits"):
        op.execute(f"drop table {table}")
