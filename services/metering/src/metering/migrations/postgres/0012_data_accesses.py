"""Who looked at what metering shows, and who may only read: the copies of links are taken over from the log anew."""

from alembic import op

from common import accesses

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for statement in accesses.DDL:
        op.execute(statement)
    op.execute("alter table contract_links add column read_only_user_ids uuid[] not null default '{}'")
    # The copies are as new as the log and lack the new column: read again, every record counts as newer.
    op.execute("update contract_links set version = 0")
    op.execute("update copy_epoch set epoch = gen_random_uuid()")


def downgrade() -> None:
    op.execute("alter table contract_links drop column read_only_user_ids")
    op.execute("drop table data_accesses")
