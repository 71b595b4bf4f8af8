"""Which billed days are being marked: a failure half way goes on, although their half hours may be REVENUE by then."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("alter table ledger_receipts add column marking boolean not null default false")


def downgrade() -> None:
    op.execute("alter table ledger_receipts drop column marking")
