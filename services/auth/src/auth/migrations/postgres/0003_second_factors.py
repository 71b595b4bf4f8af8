"""Second factors, recovery codes, and challenges: what waits for a factor to be proven."""

from alembic import op

revision = "0003"
down_revision = "0002"

SECOND_FACTORS = """
create table second_factors (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    kind text not null check (kind in ('totp', 'sms', 'passkey')),
    name text not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    secret_sealed bytea,
    last_step bigint,
    phone text,
    credential_id bytea unique,
    public_key bytea,
    sign_count bigint,
    constraint a_totp_has_a_secret check ((kind = 'totp') = (secret_sealed is not null)),
    constraint an_sms_has_a_phone check ((kind = 'sms') = (phone is not null)),
    constraint a_passkey_has_a_key check
        ((kind = 'passkey') = (credential_id is not null and public_key is not null and sign_count is not null))
)
"""
RECOVERY_CODES = """
create table recovery_codes (
    user_id uuid not null references users on delete cascade,
    code_hmac bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (user_id, code_hmac)
)
"""
FACTOR_CHALLENGES = """
create table factor_challenges (
    token_hmac bytea primary key,
    purpose text not null check (purpose in ('sign_in', 'step_up', 'enrolment')),
    user_id uuid not null references users on delete cascade,
    login_id uuid,
    checked_hash text,
    event_id uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    tries integer not null default 0,
    used_at timestamptz,
    passkey_challenge bytea,
    code_hmac bytea,
    code_sent_at timestamptz,
    codes_sent integer not null default 0,
    kind text,
    name text,
    phone text,
    secret_sealed bytea,
    constraint a_sign_in_has_a_checked_password check ((purpose = 'sign_in') = (checked_hash is not null)),
    constraint within_a_login_or_before_it check ((purpose = 'sign_in') = (login_id is null)),
    constraint an_enrolment_has_a_kind check ((purpose = 'enrolment') = (kind is not null and name is not null))
)
"""
INDEXES = (
    "create index second_factors_of_user on second_factors (user_id)",
    "create unique index one_totp_and_one_sms on second_factors (user_id, kind) where kind in ('totp', 'sms')",
    "create index factor_challenges_by_end on factor_challenges (expires_at)",
)


def upgrade() -> None:
    for statement in (SECOND_FACTORS, RECOVERY_CODES, FACTOR_CHALLENGES, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    for table in ("factor_challenges", "recovery_codes", "second_factors"):
        op.execute(f"drop table {table}")
