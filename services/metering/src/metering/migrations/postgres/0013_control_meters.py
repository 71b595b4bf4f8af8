"""Which point's meter checks which point: what it counted stands in for what the other did not."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        """
        create table control_meters (
            id uuid primary key,
            point_id uuid not null references points,
            control_point_id uuid not null references points check (control_point_id <> point_id),
            valid_from timestamptz not null,
            valid_to timestamptz check (valid_to > valid_from),
            unique (point_id, valid_from)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table control_meters")
