"""Registrations that wait for their letter's link to be opened."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Registration

_COLUMNS = "id, email, full_name, phone, password_hash, language"


async def add_registration(connection: AsyncConnection, registration: Registration, *, now: datetime) -> None:
    await connection.execute(
        text(
            f"insert into registrations ({_COLUMNS}, created_at, letter_at)"  # noqa: S608 -- constant columns
            " values (:id, :email, :full_name, :phone, :password_hash, :language, :now, :now)"
        ),
        {**vars(registration), "now": now},
    )


async def find_registration(connection: AsyncConnection, registration_id: UUID) -> tuple[Registration, bool] | None:
    """Return a registration and whether it is confirmed."""
    row = (
        await connection.execute(
            text(f"select {_COLUMNS}, confirmed_at from registrations where id = :id"),  # noqa: S608 -- constant columns
            {"id": registration_id},
        )
    ).one_or_none()
    if row is None:
        return None
    registration = Registration(
        id=row.id,
        email=row.email,
        full_name=row.full_name,
        phone=row.phone,
        password_hash=row.password_hash,
        language=row.language,
    )
    return registration, row.confirmed_at is not None


async def count_letter(
    connection: AsyncConnection, registration_id: UUID, *, sent_before: datetime, limit: int, now: datetime
) -> bool:
    """Count another letter of an open registration; False if the last one is too young or there were too many."""
    counted = await connection.execute(
        text(
            "update registrations set letters = letters + 1, letter_at = :now"
            " where id = :id and confirmed_at is null and letters < :limit and letter_at <= :before"
        ),
        {"id": registration_id, "limit": limit, "before": sent_before, "now": now},
    )
    return counted.rowcount == 1


async def confirm_registration(connection: AsyncConnection, registration_id: UUID, *, now: datetime) -> bool:
    """Mark as confirmed, and forget the password's hash; False if it was before."""
    confirmed = await connection.execute(
        text(
            "update registrations set confirmed_at = :now, password_hash = '' where id = :id and confirmed_at is null"
        ),
        {"id": registration_id, "now": now},
    )
    return confirmed.rowcount == 1
