"""How the link of each meter changed over time: `meter_links` holds the newest state alone."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
    create table meter_link_changes (
        meter_id uuid not null,
        changed_at timestamptz not null,
        state text not null,
        error_code text,
        primary key (meter_id, changed_at)
    )
    """,
    """
    insert into meter_link_changes (meter_id, changed_at, state, error_code)
    select meter_id, changed_at, state, error_code from meter_links
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table meter_link_changes")
