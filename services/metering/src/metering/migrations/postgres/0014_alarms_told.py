"""Alarms that have been told: what is looked at again and again is told once."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("create table alarms_told (alarm_id uuid primary key, told_at timestamptz not null)")


def downgrade() -> None:
    op.execute("drop table alarms_told")
