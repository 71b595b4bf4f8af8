"""Whether a half hour of a day beside is in what the registers of a closed day may differ by."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("alter table ledger_days add column reaches_beside boolean not null default false")


def downgrade() -> None:
    op.execute("alter table ledger_days drop column reaches_beside")
