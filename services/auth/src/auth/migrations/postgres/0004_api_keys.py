"""API keys: a program's own way to read what its owner sees."""

from alembic import op

revision = "0004"
down_revision = "0003"

API_KEYS = """
create table api_keys (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    name text not null,
    key_hmac bytea not null unique,
    contract_ids uuid[] not null check (cardinality(contract_ids) > 0),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
)
"""


def upgrade() -> None:
    op.execute(API_KEYS)
    op.execute("create index api_keys_of_user on api_keys (user_id, created_at desc)")


def downgrade() -> None:
    op.execute("drop table api_keys")
