"""When a login's owner last showed a second factor. Logins of staff begun before this say nothing, so they end."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("alter table logins add column factor_shown_at timestamptz")
    op.execute(
        "update logins l set ended_at = now(), end_reason = 'second_factor_needed' from users u"
        " where u.id = l.user_id and l.ended_at is null and u.roles && array['operator', 'admin']"
    )


def downgrade() -> None:
    op.execute("alter table logins drop column factor_shown_at")
