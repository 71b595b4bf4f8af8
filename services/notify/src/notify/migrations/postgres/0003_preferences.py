"""What users have switched off; whose letter a delivery is, so that it can be asked before it goes out."""

from alembic import op

revision = "0003"
down_revision = "0002"

# Kinds of the account have no switch: security and the law do not ask.
DDL = (
    """
    create table preferences (
        user_id uuid primary key,
        switched_off text[] not null check (switched_off <@ array['supplier', 'meter']),
        version bigint not null,
        changed_at timestamptz not null
    )
    """,
    "alter table deliveries add column user_id uuid",
    "alter table deliveries add column source text not null default 'account'",
    "alter table deliveries drop constraint deliveries_state_check",
    """
    alter table deliveries add constraint deliveries_state_check
        check (state in ('pending', 'sent', 'refused', 'expired', 'switched_off'))
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table preferences")
    op.execute("delete from deliveries where state = 'switched_off'")
    op.execute("alter table deliveries drop constraint deliveries_state_check")
    op.execute(
        "alter table deliveries add constraint deliveries_state_check"
        " check (state in ('pending', 'sent', 'refused', 'expired'))"
    )
    op.execute("alter table deliveries drop column source")
    op.execute("alter table deliveries drop column user_id")
