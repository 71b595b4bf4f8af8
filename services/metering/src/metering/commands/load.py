"""`load FILE`: take a registry file over in one transaction. Never opens the series store, which a process may hold."""

from pathlib import Path

from common.db import open_engine
from common.logging import get_logger
from metering import service
from metering.registry_file import read_registry_file
from metering.settings import Settings

log = get_logger(__name__)


async def load(settings: Settings, file: Path) -> None:
    """Take the file over. Raises RegistryFileInvalid with all faults, having changed nothing."""
    content = read_registry_file(file)
    async with open_engine(settings) as engine, engine.begin() as connection:
        loaded = await service.load_registry_file(connection, content)
    log.info("registry_file.loaded", points=len(content.points), endpoints_published=len(loaded.published))
    for contract_id in loaded.unknown_contracts:
        # Its points are shown to nobody until the contracts service has told who may see them.
        log.warning("contract.not_known_yet", contract_id=str(contract_id))
