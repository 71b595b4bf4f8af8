"""How often a mail server got a letter without our knowing its answer."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATES = "'pending', 'sent', 'refused', 'expired', 'switched_off'"


def upgrade() -> None:
    op.execute("alter table deliveries add column copies smallint not null default 0")
    _allow(f"{STATES}, 'unanswered'")


def downgrade() -> None:
    op.execute("delete from deliveries where state = 'unanswered'")
    _allow(STATES)
    op.execute("alter table deliveries drop column copies")


def _allow(states: str) -> None:
    op.execute("alter table deliveries drop constraint deliveries_state_check")
    op.execute(f"alter table deliveries add constraint deliveries_state_check check (state in ({states}))")
