"""Which faults of PostgreSQL pass with time; any other one is ours and must be seen."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError

OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


def passes(error: OSError | DBAPIError) -> bool:
    """Say whether the same statement may succeed later."""
    return not isinstance(error, OURS)
