"""What was published and billed before there were bill runs: each revision's period, half hours to be marked."""

from alembic import op

revision = "0020"
down_revision = "0019"

STATEMENTS = (
    # No cut-off was known when these were told: each belongs to the period of its day.
    "update ledger_revisions set lands_in_period = date_trunc('month', day)::date where lands_in_period is null",
    # Half hours are only marked while the day is as it was billed, so the receipt of its newest revision is enough.
    """
    update ledger_receipts set to_be_marked = true from ledger_days
    where ledger_receipts.state = 'confirmed' and ledger_receipts.used_in_period is not null
        and ledger_days.point_id = ledger_receipts.point_id and ledger_days.day = ledger_receipts.day
        and ledger_days.revision = ledger_receipts.revision
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Leave what was filled in: the former code reads it alike."""
