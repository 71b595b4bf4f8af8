"""The ratio of each value in an edit: what stands in the store may have been read under another one than today's."""

from alembic import op

revision = "0017"
down_revision = "0016"

# Until now a value was written with the ratio of its place.
FILL = """
    update edit_slots set ratio = installations.ratio, former_ratio = installations.ratio
    from installations
    where installations.point_id = edit_slots.point_id and installations.meter_id = edit_slots.meter_id
        and installations.valid_from <= edit_slots.start_at
        and (installations.valid_to is null or installations.valid_to > edit_slots.start_at)
"""


def upgrade() -> None:
    op.execute("alter table edit_slots add column ratio integer not null default 1, add column former_ratio integer")
    op.execute(FILL)
    op.execute("update edit_slots set former_ratio = null where former_energies is null")
    op.execute("alter table edit_slots alter column ratio drop default")


def downgrade() -> None:
    op.execute("alter table edit_slots drop column ratio, drop column former_ratio")
