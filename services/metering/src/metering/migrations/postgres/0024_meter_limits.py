"""The limits of voltage that are set in meters, as last read."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute(
        """
        create table meter_limits (
            meter_id uuid primary key,
            read_at timestamptz not null,
            voltages_mv integer[] not null check (cardinality(voltages_mv) = 4)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table meter_limits")
