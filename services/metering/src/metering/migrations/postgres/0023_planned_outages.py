"""Planned outages that suppliers announce: the newest version of each."""

from alembic import op

revision = "0023"
down_revision = "0022"

STATEMENTS = (
    # A null contract_number is of all contracts; a null time_zone: its points are in several zones, or there are none.
    """
    create table planned_outages (
        id uuid primary key,
        supplier_code text not null,
        document_id text not null,
        version bigint not null,
        contract_number text,
        point_numbers text[] not null,
        address text,
        starts_at timestamptz not null,
        ends_at timestamptz not null check (ends_at > starts_at),
        reason text not null,
        cancelled boolean not null,
        time_zone text,
        announced_by uuid,
        announced_at timestamptz not null,
        unique (supplier_code, document_id)
    )
    """,
    "create index planned_outages_time on planned_outages (supplier_code, ends_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table planned_outages")
