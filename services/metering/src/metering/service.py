"""Use cases of the registry: taking over a file, and the copies of what other services own. Never commits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.clock import clock_from_settings
from common.logging import get_logger
from metering.errors import RegistryFileInvalid
from metering.registry_file import RegistryFile
from metering.repository import ledger, registry, substitutions
from metering.repository.registry import InstalledTime
from metering.tables import CONTROL_METERS, ENDPOINTS, INSTALLATIONS, METERS, POINTS
from topics.metering import ENDPOINTS as ENDPOINT_EVENTS

log = get_logger(__name__)

REGISTRY_READ_WITHIN: Final = timedelta(minutes=2)
# No bill is corrected further back.
LOOKED_AT_AGAIN: Final = timedelta(days=1_100)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: endpoints published anew, and contracts that the contracts service has not told of yet."""

    published: Sequence[UUID]
    unknown_contracts: Sequence[UUID]


async def load_registry_file(
    connection: AsyncConnection, content: RegistryFile, *, now: datetime | None = None
) -> Loaded:
    """Take a registry file over. A repeat changes nothing and publishes nothing.

    Days of which it says by now that another meter or none stood at the point are looked at again.
    Raises RegistryFileInvalid if it contradicts what is already there.
    """
    await registry.lock_registry(connection)
    before = await registry.endpoints(connection)
    stood = await registry.installed_times(connection)
    named = [
        *(point.id for point in content.points),
        *(point_id for each in content.controls for point_id in (each.point_id, each.control_point_id)),
    ]
    taken = await registry.points_of_others(connection, named, content.supplier_code)
    if taken:
        raise RegistryFileInvalid(f"points of another supplier: {', '.join(map(str, taken))}")
    contracts = {point.id: point.contract_id for point in content.points}
    passed_on = await registry.points_of_other_contracts(connection, contracts)
    if passed_on:
        # Whoever sees a point sees all of its past, which is personal data of whoever lived there.
        raise RegistryFileInvalid(f"points of another contract, give it new ones: {', '.join(map(str, passed_on))}")
    try:
        await _store(connection, content)
    except IntegrityError as error:
        raise RegistryFileInvalid(f"the file contradicts the registry: {error.orig}") from error
    installation_ids = [installation.id for installation in content.installations]
    overlaps = await registry.overlapping_installations(connection, installation_ids)
    if overlaps:
        pairs = ", ".join(f"{one} and {other}" for one, other in overlaps)
        raise RegistryFileInvalid(f"installations overlap: {pairs}")
    shared = await registry.shared_addresses(connection, [endpoint.id for endpoint in content.endpoints])
    if shared:
        pairs = ", ".join(f"{one} and {other}" for one, other in shared)
        raise RegistryFileInvalid(f"endpoints with one address: {pairs}")
    now = now or clock_from_settings().now()
    moved = list(_moved(stood, await registry.installed_times(connection), now=now))
    # The ledger's worker must have read the registry anew by then.
    look_at, since = now + REGISTRY_READ_WITHIN, now - LOOKED_AT_AGAIN
    looked_at = await ledger.look_within(connection, moved, since=since, look_at=look_at)
    if looked_at:
        log.info("ledger_days.registry_changed", days=looked_at, spans=len(moved))
    published = []
    for endpoint_id, endpoint in (await registry.endpoints(connection)).items():
        if before.get(endpoint_id) != endpoint:
            version = await registry.raise_version(connection, endpoint_id)
            await outbox.add(connection, ENDPOINT_EVENTS, msgspec.structs.replace(endpoint, version=version))
            published.append(endpoint_id)
    unknown = await registry.unknown_contracts(connection, [point.contract_id for point in content.points])
    return Loaded(published, sorted(unknown))


def _moved(
    before: Mapping[UUID, InstalledTime], after: Mapping[UUID, InstalledTime], *, now: datetime
) -> Iterator[tuple[UUID, datetime, datetime]]:
    """Yield (point, start, end) of the times in which another meter or none stood at the point than was known."""
    for installation_id, new in after.items():
        old = before.get(installation_id)
        if old == new:
            continue
        if old is None or old[:2] != new[:2]:
            spans = [(each.point_id, each.valid_from, each.valid_to or now) for each in (old, new) if each is not None]
        else:
            borders = ((old.valid_from, new.valid_from), (old.valid_to or now, new.valid_to or now))
            spans = [(new.point_id, min(each), max(each)) for each in borders]
        yield from (span for span in spans if span[1] < span[2])


async def _store(connection: AsyncConnection, content: RegistryFile) -> None:
    points = [{**row, "supplier_code": content.supplier_code} for row in _rows(content.points)]
    await registry.upsert(connection, POINTS, points)
    await registry.upsert(connection, METERS, _rows(content.meters))
    await registry.upsert(connection, INSTALLATIONS, _rows(content.installations))
    await registry.upsert(connection, CONTROL_METERS, _rows(content.controls))
    await substitutions.keep_rules(
        connection, content.supplier_code, [entry.model_dump() for entry in content.substitutions]
    )
    if content.closing_hours:
        await registry.replace_closing_hours(connection, content.supplier_code, _rows(content.closing_hours))
    endpoints = [{**row, "version": 0} for row in _rows(content.endpoints, without={"meters"})]
    await registry.upsert(connection, ENDPOINTS, endpoints)
    wires = [
        {**wire.model_dump(), "endpoint_id": endpoint.id}
        for endpoint in content.endpoints
        if not endpoint.deleted
        for wire in endpoint.meters
    ]
    await registry.replace_wires(connection, [endpoint.id for endpoint in content.endpoints], wires)


def _rows(entries: Sequence[BaseModel], *, without: set[str] | None = None) -> list[dict[str, Any]]:
    return [entry.model_dump(exclude=without) for entry in entries]
