"""What a bill says besides its lines: opening balance, paid, total due; null where the supplier does not say it."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATED = ("opening_balance", "paid", "total_due")


def upgrade() -> None:
    op.execute(f"alter table charges {', '.join(f'add column {name} numeric(14, 2)' for name in STATED)}")


def downgrade() -> None:
    op.execute(f"alter table charges {', '.join(f'drop column {name}' for name in STATED)}")
