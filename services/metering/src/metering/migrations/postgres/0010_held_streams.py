"""Which days of a supplier were stored and not sent on, because its streams are not provisioned yet."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        """
        create table held_streams (
            supplier_code text primary key,
            from_day date not null,
            to_day date not null check (to_day > from_day),
            held_since timestamptz not null
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table held_streams")
