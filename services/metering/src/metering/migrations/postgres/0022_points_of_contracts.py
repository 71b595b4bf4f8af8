"""A point keeps its contract, so its successor under another one may have the same number."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("alter table points drop constraint points_supplier_code_number_key")
    op.execute("alter table points add unique (supplier_code, contract_id, number)")


def downgrade() -> None:
    op.execute("alter table points drop constraint points_supplier_code_contract_id_number_key")
    op.execute("alter table points add unique (supplier_code, number)")
