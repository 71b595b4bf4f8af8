"""Who may only read, and the epoch of the copies."""

from alembic import op

from common import copies

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("alter table contract_links add column read_only_user_ids uuid[] not null default '{}'")
    for statement in copies.DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table copy_epoch")
    op.execute("alter table contract_links drop column read_only_user_ids")
