"""When a login's owner last showed a second factor.

Logins begun before this do not say it, so those of staff, and of all who have a factor to show, end.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("alter table logins add column factor_shown_at timestamptz")
    op.execute(
        "update logins l set ended_at = now(), end_reason = 'second_factor_needed' from users u"
        " where u.id = l.user_id and l.ended_at is null and (u.roles && array['operator', 'admin']"
        " or exists (select from second_factors f where f.user_id = u.id))"
    )


def downgrade() -> None:
    op.execute("alter table logins drop column factor_shown_at")
