"""When a contract was first told to be closed, for the rule on energy after its end."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("alter table contracts add column closed_at timestamptz")
    op.execute("update contracts set closed_at = now() where closed")


def downgrade() -> None:
    op.execute("alter table contracts drop column closed_at")
