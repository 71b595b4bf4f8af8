"""The epoch of the copy of links."""

from alembic import op

from common import copies

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in copies.DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table copy_epoch")
