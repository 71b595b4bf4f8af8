"""What every endpoint needs: the caller's language, a short connection, a point that the caller may see.

Whoever sees data of others is noted here, before the answer.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from common.accesses import Access, access, area_of, note
from common.http.auth import Caller, CurrentReader
from metering.domain.journal_texts import Language
from metering.errors import UnknownPoint
from metering.repository import points
from metering.repository.day_states import SeenPoint as DaysSight
from metering.repository.points import PointRow, Sight
from metering.resources import Resources


async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


async def _language(accept_language: Annotated[str, Header(description="ru or en")] = "ru") -> Language:
    """Whichever of the two comes first; Russian if neither does."""
    asked = [part.split(";")[0].strip().lower()[:2] for part in accept_language.split(",")]
    return next((language for each in asked for language in Language if language.value == each), Language.RU)


OurResources = Annotated[Resources, Depends(_resources)]
AskedLanguage = Annotated[Language, Depends(_language)]
Instant = Annotated[AwareDatetime, Query(description="ISO 8601 with an offset.")]


@asynccontextmanager
async def reading(resources: Resources) -> AsyncIterator[AsyncConnection]:
    """A connection for one read, given back before the series store is asked."""
    async with resources.engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


async def _point(point_id: UUID, caller: CurrentReader, resources: OurResources, request: Request) -> PointRow:
    async with reading(resources) as connection:
        row = await points.point(connection, point_id, caller, at=resources.clock.now())
        if row is None:
            raise UnknownPoint("there is no such point")
        await note_look(connection, row.contract_id, row, caller, request)
    return row


async def note_look(
    connection: AsyncConnection, contract_id: UUID, sight: Sight | PointRow, caller: Caller, request: Request
) -> None:
    """Note whoever looks at the contract's data without it being theirs; nothing for those whose they are."""
    looked = looked_at(sight, caller, request)
    if looked is not None:
        await note(connection, [contract_id], looked)


async def note_points(connection: AsyncConnection, point_ids: Collection[UUID], caller: Caller, area: str) -> None:
    """Note that the supplier's staff saw something of these points of its own, on a page of its own."""
    looked = access(caller, staff=True, guest=False, area=area, at=datetime.now(UTC))
    if looked is not None and point_ids:
        await note(connection, await points.contracts_of(connection, point_ids), looked)


def looked_at(sight: Sight | PointRow | DaysSight, caller: Caller, request: Request) -> Access | None:
    """Return what to note of this look, or None for those whose data they are."""
    return access(caller, staff=sight.staff, guest=sight.guest, area=area_of(request), at=datetime.now(UTC))


SeenPoint = Annotated[PointRow, Depends(_point)]
KnownAt = Annotated[AwareDatetime | None, Query(description="What was known then; left out: what is known now.")]
LocalDate = Annotated[date, Query(description="A local day of the point.")]


def answer(body: BaseModel) -> Response:
    """The answer, encoded once: the declared response model would validate and encode it a second time."""
    return Response(body.model_dump_json().encode(), media_type="application/json")
