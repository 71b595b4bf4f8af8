"""Who was cut off from a contract, and the outbox of letters that auth is asked to address."""

from alembic import op

from common import outbox

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("alter table contract_links add column revoked_user_ids uuid[] not null default '{}'")
    for statement in outbox.DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table contract_links drop column revoked_user_ids")
    op.execute("drop table outbox")
    op.execute("drop function outbox_notify")
