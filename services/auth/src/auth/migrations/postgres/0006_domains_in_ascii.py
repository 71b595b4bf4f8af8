"""Addresses whose domain was stored as typed get the ASCII form of it, by which they are looked up from now on.

Where another user has that form already, the one whom no letter could reach stays as it is.
"""

from contextlib import suppress

import idna
from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"

FOUND = "select id, email from users where email ~ '[^[:ascii:]]'"
MOVE = """
update users set email = :email where id = :id
and not exists (select 1 from users o where o.email = :email)
"""


def upgrade() -> None:
    connection = op.get_bind()
    for user_id, email in connection.execute(text(FOUND)).all():
        local, _, domain = email.rpartition("@")
        with suppress(idna.IDNAError):
            ascii_domain = idna.encode(domain, uts46=True).decode()
            connection.execute(text(MOVE), {"id": user_id, "email": f"{local}@{ascii_domain}"})


def downgrade() -> None:
    """The former release finds addresses in ASCII as well."""
