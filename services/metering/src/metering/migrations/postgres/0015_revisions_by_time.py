"""Revisions by the time at which they were made: the zone watchdog looks at what is new, not at every day again."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("create index ledger_revisions_by_time on ledger_revisions (closed_at)")
    op.execute("drop index ledger_days_by_day")


def downgrade() -> None:
    op.execute("create index ledger_days_by_day on ledger_days (day, point_id) where revision > 0")
    op.execute("drop index ledger_revisions_by_time")
