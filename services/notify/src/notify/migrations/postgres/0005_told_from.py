"""Since when this database tells: what a new one reads of earlier times was told by the former."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("alter table copy_epoch add column told_from timestamptz")
    op.execute("update copy_epoch set told_from = now() where not exists (select from contract_links)")


def downgrade() -> None:
    op.execute("alter table copy_epoch drop column told_from")
