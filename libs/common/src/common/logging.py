"""One JSON line a record on standard error, for our own records and those of libraries alike.

Context (request id; topic, partition, offset) is bound at the edge with `structlog.contextvars`.
No personal datum, token or password may be given to a logger; PostgreSQL's DETAIL, which quotes rows, is dropped here.
"""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

NOISY_LOGGERS = {
    # While the only broker is away aiokafka writes tens of thousands of lines a minute.
    "aiokafka": logging.CRITICAL,
    # Two lines about itself at each start; what was migrated, common.migrate says.
    "alembic": logging.WARNING,
    # It warns at each start that it creates no topics; what it reports of the log's absence are errors.
    "faststream": logging.ERROR,
    "httpx": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "pymodbus.logging": logging.CRITICAL,
}


# PostgreSQL quotes rows there: `Key (email)=(…) already exists.` In a text, or in the repr of one, up to what follows.
_DETAIL = re.compile(
    r"(\n[ |]*|\\n)DETAIL:.*?"
    r"(?=(?:\n[ |]*|\\n)(?:HINT:|\[SQL|\(Background|Traceback|The above exception|During handling|\+-)|\Z)",
    re.DOTALL,
)


def drop_details(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop PostgreSQL's DETAIL from every text of a record: it carries values."""
    return {name: _DETAIL.sub("", text) if isinstance(text, str) else text for name, text in event.items()}


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send every record of this process to standard error as JSON. A repeat replaces the former setting."""

    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        add_service,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                drop_details,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, floor in NOISY_LOGGERS.items():
        logging.getLogger(name).setLevel(floor)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger whose events are dotted and past tense: `interval_block.stored`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
