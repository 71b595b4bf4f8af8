"""Planned outages by supplier and id, with the inbox's version, and since when their start has been announced."""

from alembic import op

revision = "0025"
down_revision = "0024"

STATEMENTS = (
    "alter table planned_outages drop constraint planned_outages_supplier_code_document_id_key",
    "alter table planned_outages drop constraint planned_outages_pkey, add primary key (supplier_code, id)",
    # 0: it never came from the inbox.
    """
    alter table planned_outages
        add column inbox_version bigint not null default 0,
        add column start_announced_at timestamptz
    """,
    """
    update planned_outages set
        inbox_version = case when document_id = 'operator-' || id then 0 else version end,
        start_announced_at = announced_at
    """,
    "alter table planned_outages alter column start_announced_at set not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table planned_outages drop column inbox_version, drop column start_announced_at")
    op.execute("alter table planned_outages drop constraint planned_outages_pkey, add primary key (id)")
    op.execute("alter table planned_outages add unique (supplier_code, document_id)")
