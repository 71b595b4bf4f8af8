"""Who looked at a contract's data, links that were refused, and addresses of invitations that have had their time."""

from alembic import op

revision = "0003"
down_revision = "0002"

DDL = (
    """
    create table accesses (
        id uuid primary key default gen_random_uuid(),
        contract_id uuid not null,
        service text not null,
        reader text not null check (reader in ('operator', 'guest', 'api_key')),
        reader_id uuid not null,
        user_id uuid not null,
        supplier_code text,
        area text not null,
        hour timestamptz not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        times integer not null,
        unique (contract_id, reader_id, reader, service, area, hour)
    )
    """,
    "create index accesses_of on accesses (contract_id, first_at, id)",
    "create index accesses_age on accesses (first_at)",
    # The digest tells one login from another without keeping what was typed into the field.
    """
    create table refused_links (
        id uuid primary key default gen_random_uuid(),
        user_id uuid not null,
        login_digest bytea not null,
        supplier_code text not null,
        name text not null,
        reason text not null check (reason in ('link_refused', 'too_many_attempts')),
        times integer not null,
        refused_at timestamptz not null,
        unique (user_id, login_digest)
    )
    """,
    "create index refused_links_of on refused_links (user_id, refused_at, id)",
    "create index refused_links_age on refused_links (refused_at)",
    # Whoever linked a contract once is not held to what strangers have tried on it.
    "create index links_ever on links (contract_id, user_id)",
    "create index links_revoked on links (contract_id) where unlinked_at is null and state = 'revoked'",
    # Null: the invitation has had its time, and the address with it.
    "alter table invitations alter column email drop not null",
    "create index invitations_with_address on invitations (expires_at) where email is not null",
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop index invitations_with_address")
    op.execute("update invitations set email = '' where email is null")
    op.execute("alter table invitations alter column email set not null")
    op.execute("drop index links_revoked")
    op.execute("drop index links_ever")
    op.execute("drop table refused_links")
    op.execute("drop table accesses")
