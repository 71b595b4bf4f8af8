"""Half hours that a bill used are kept on their way as any value made here: which days are marked need not be known."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("alter table ledger_receipts drop column marking")


def downgrade() -> None:
    op.execute("alter table ledger_receipts add column marking boolean not null default false")
