"""Who looked at tickets by a share, whose supplier a contract has, and how many tickets a user has opened lately."""

from alembic import op

from common import accesses

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for statement in accesses.DDL:
        op.execute(statement)
    op.execute("alter table contract_links add column supplier_code text")
    # The copies are as new as the log and lack the new column: read again, every record counts as newer.
    op.execute("update contract_links set version = 0")
    op.execute("update copy_epoch set epoch = gen_random_uuid()")
    op.execute("create index tickets_of_author on tickets (author_id, created_at)")


def downgrade() -> None:
    op.execute("drop index tickets_of_author")
    op.execute("alter table contract_links drop column supplier_code")
    op.execute("drop table data_accesses")
