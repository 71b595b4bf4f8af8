"""States and rights of links, invitations, and the ledger of balances, charges and payments."""

from alembic import op

revision = "0002"
down_revision = "0001"

LINKS = (
    # Null: no password has been issued, so nobody can link the contract.
    "alter table contracts alter column password_hash drop not null",
    # The supplier's own version, of the inbox; null for contracts that never came that way.
    "alter table contracts add column inbox_version bigint",
    """
    create table invitations (
        id uuid primary key,
        contract_id uuid not null references contracts,
        invited_by uuid not null,
        email text not null,
        token_hmac bytea not null unique,
        created_at timestamptz not null,
        accept_before timestamptz not null,
        expires_on date not null,
        expires_at timestamptz not null,
        accepted_at timestamptz,
        accepted_by uuid,
        withdrawn_at timestamptz,
        check ((accepted_at is null) = (accepted_by is null))
    )
    """,
    "create index invitations_of on invitations (contract_id, invited_by, created_at)",
    """
    alter table links
        add column rights text not null default 'full' check (rights in ('full', 'read')),
        add column state text not null default 'linked' check (state in ('linked', 'revoked')),
        add column state_reason text check (state_reason in ('password_changed', 'share_ended', 'share_expired')),
        add column state_changed_at timestamptz,
        add column invitation_id uuid references invitations,
        add column expires_on date,
        add column expires_at timestamptz,
        add column last_used_at timestamptz,
        add constraint links_reason check ((state = 'revoked') = (state_reason is not null)),
        add constraint links_share check ((rights = 'read') = (invitation_id is not null)),
        add constraint links_expiry check ((expires_on is null) = (expires_at is null))
    """,
    "update links set state_changed_at = linked_at",
    "alter table links alter column state_changed_at set not null",
    "create index links_due on links (expires_at) where unlinked_at is null and state = 'linked'",
)

# A hash in the right form that no password has.
_NOBODYS_EVERYWHERE = """
    update contracts set password_hash = '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('A', 43)
    where password_hash is null
"""

# What the supplier's billing says, every version of every document; a reading takes the highest.
_DOCUMENT = """
        supplier_code text not null references suppliers,
        document_id text not null,
        version bigint not null,
        contract_id uuid not null references contracts,
        content_sha256 bytea not null,
        annulled boolean not null,
        amount numeric(14, 2) not null,
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        received_at timestamptz not null,
        primary key (supplier_code, document_id, version)
"""
LEDGER = (
    f"create table balances (as_of timestamptz not null, {_DOCUMENT})",
    "create index balances_of on balances (contract_id, as_of)",
    f"create table charges (period date not null, due_on date, issued_at timestamptz not null, {_DOCUMENT})",
    "create index charges_of on charges (contract_id, period, document_id)",
    """
    create table charge_lines (
        supplier_code text not null,
        document_id text not null,
        version bigint not null,
        position integer not null,
        kind text not null,
        title text not null,
        zone text,
        quantity numeric(18, 6),
        unit text,
        price numeric(18, 6),
        amount numeric(14, 2) not null,
        refers_to date,
        note text,
        primary key (supplier_code, document_id, version, position),
        foreign key (supplier_code, document_id, version) references charges
    )
    """,
    f"""
    create table payments (
        paid_at timestamptz not null,
        period date,
        agent text,
        status text not null check (status in ('pending', 'credited', 'returned')),
        {_DOCUMENT}
    )
    """,
    "create index payments_of on payments (contract_id, paid_at, document_id)",
)


def upgrade() -> None:
    for statement in (*LINKS, *LEDGER):
        op.execute(statement)


def downgrade() -> None:
    for table in ("payments", "charge_lines", "charges", "balances"):
        op.execute(f"drop table {table}")
    op.execute("delete from links where rights = 'read' or state = 'revoked'")
    op.execute(
        "alter table links drop column rights, drop column state, drop column state_reason,"
        " drop column state_changed_at, drop column invitation_id, drop column expires_on, drop column expires_at,"
        " drop column last_used_at"
    )
    op.execute("drop table invitations")
    op.execute("alter table contracts drop column inbox_version")
    op.execute(_NOBODYS_EVERYWHERE)
    op.execute("alter table contracts alter column password_hash set not null")
