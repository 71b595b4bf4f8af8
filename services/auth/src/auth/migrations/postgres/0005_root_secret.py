"""The root secret, sealed: AUTH_KEY_ENCRYPTION_KEY can be changed without anybody or anything losing access."""

from alembic import op

revision = "0005"
down_revision = "0004"

DDL = """
create table root_secret (
    only_row boolean primary key default true check (only_row),
    sealed bytea not null,
    sealed_at timestamptz not null
)
"""


def upgrade() -> None:
    op.execute(DDL)


def downgrade() -> None:
    op.execute("drop table root_secret")
