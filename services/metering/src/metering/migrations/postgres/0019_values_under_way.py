"""Values that are decided or estimated here, until the store has them and their supplier has been told."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    # Energies of the meter's side. A row goes when the half hour's message stands in the outbox.
    op.execute(
        """
        create table values_under_way (
            point_id uuid not null,
            start_at timestamptz not null,
            version bigint not null,
            meter_id uuid not null,
            energies bigint[] not null,
            ratio integer not null,
            quality text not null,
            flags smallint not null,
            primary key (point_id, start_at, version)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table values_under_way")
