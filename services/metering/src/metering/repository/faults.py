"""Which faults of PostgreSQL pass with time; any other one is ours and must be seen."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError

from common.errors import Rejected

OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)

# SQLSTATE: a NUL in a text, a number beyond its column; no repeat will mend it.
DATA_EXCEPTION = "22"


@contextmanager
def refused_data() -> Iterator[None]:
    """Raise Rejected with code `invalid_message` for what came in a message and the database cannot hold."""
    try:
        yield
    except DBAPIError as error:
        if str(getattr(error.orig, "sqlstate", "")).startswith(DATA_EXCEPTION):
            raise Rejected(str(error.orig), code="invalid_message") from error
        raise


def passes(error: OSError | DBAPIError) -> bool:
    """Say whether the same statement may succeed later."""
    return not isinstance(error, OURS)
