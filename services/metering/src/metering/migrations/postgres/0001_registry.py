"""The registry, the copies of contracts, links and link states, and the outbox."""

from alembic import op

from common import outbox

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    create table points (
        id uuid primary key,
        supplier_code text not null,
        contract_id uuid not null,
        number text not null,
        name text not null,
        resource text not null,
        address text,
        time_zone text not null,
        installation_place text,
        tariff text,
        power_limit_w integer check (power_limit_w > 0),
        unique (supplier_code, number)
    )
    """,
    "create index points_by_contract on points (contract_id, name, id)",
    """
    create table meters (
        id uuid primary key,
        serial text not null,
        model text not null,
        type_approval_number text,
        accuracy_class text,
        rated_voltage text,
        rated_current text,
        phases smallint not null check (phases in (1, 3)),
        phase_voltage_v integer not null check (phase_voltage_v > 0),
        max_current_a integer not null check (max_current_a > 0),
        impulses_per_kwh integer check (impulses_per_kwh > 0),
        last_verified_on date,
        next_verification_on date,
        unique (model, serial)
    )
    """,
    """
    create table installations (
        id uuid primary key,
        point_id uuid not null references points,
        meter_id uuid not null references meters,
        valid_from timestamptz not null,
        valid_to timestamptz,
        ratio integer not null check (ratio > 0),
        clock_zone text not null,
        commissioned_on date,
        last_inspected_on date,
        check (valid_from < valid_to),
        unique (point_id, valid_from),
        unique (meter_id, valid_from)
    )
    """,
    """
    create table endpoints (
        id uuid primary key,
        version bigint not null,
        protocol text not null,
        host text not null,
        port integer not null check (port between 1 and 65535),
        profile_every_seconds integer not null,
        journals_every_seconds integer not null,
        history_days integer not null,
        deleted boolean not null
    )
    """,
    """
    create table endpoint_meters (
        endpoint_id uuid not null references endpoints,
        meter_id uuid not null references meters unique,
        driver text not null,
        address smallint not null check (address between 0 and 255),
        credential text,
        primary key (endpoint_id, meter_id),
        unique (endpoint_id, address)
    )
    """,
    """
    create table contracts (
        contract_id uuid primary key,
        version bigint not null,
        supplier_code text not null,
        number text not null,
        closed boolean not null
    )
    """,
    """
    create table contract_links (
        contract_id uuid primary key,
        version bigint not null,
        supplier_code text not null,
        user_ids uuid[] not null
    )
    """,
    """
    create table meter_links (
        meter_id uuid primary key,
        endpoint_id uuid not null,
        reported_at timestamptz not null,
        state text not null,
        changed_at timestamptz not null,
        last_success_at timestamptz,
        error_code text,
        drift_seconds double precision
    )
    """,
    """
    create function registry_notify() returns trigger language plpgsql as
    $$ begin perform pg_notify('registry', ''); return null; end $$
    """,
    *(
        f"create trigger registry_notify after insert or update or delete on {table}"
        " for each statement execute function registry_notify()"
        for table in ("points", "meters", "installations", "contracts")
    ),
    *outbox.DDL,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "outbox",
        "meter_links",
        "contract_links",
        "contracts",
        "endpoint_meters",
        "endpoints",
        "installations",
        "meters",
        "points",
    ):
        op.execute(f"drop table {table}")
    op.execute("drop function registry_notify")
    op.execute("drop function outbox_notify")
