"""The epoch of the copies: an empty database reads the compacted topics from their beginning."""

from alembic import op

from common import copies

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for statement in copies.DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table copy_epoch")
