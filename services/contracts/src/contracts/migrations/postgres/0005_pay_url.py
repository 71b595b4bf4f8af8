"""Where a supplier's contracts are paid: an address at the supplier; null where it has not told."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("alter table suppliers add column pay_url text")


def downgrade() -> None:
    op.execute("alter table suppliers drop column pay_url")
