"""Which qualities say the same for one purpose. Each set is defined here alone; what a code means: `topics.quality`."""

from typing import Final

from topics.quality import Quality

METERED: Final = frozenset({Quality.RAW, Quality.VALID, Quality.REVENUE, Quality.QUESTIONED, Quality.ACCEPTED})
"""The meter told of it, whatever is thought of the value."""

ACTUAL: Final = METERED | {Quality.EDITED}
"""The meter told of it, or a person stated it: no estimate."""

GOOD: Final = frozenset({Quality.VALID, Quality.REVENUE, Quality.ACCEPTED, Quality.EDITED, Quality.CONTROL})
"""Counted, and nothing speaks against it: valid in the ledger, and material for estimates."""

BILLABLE: Final = GOOD - {Quality.REVENUE}
"""What becomes REVENUE when a bill has used it."""

FIXED: Final = frozenset({Quality.ACCEPTED, Quality.EDITED, Quality.REVENUE})
"""A person or a bill said so: no rule says otherwise."""

ESTIMATED: Final = frozenset({Quality.DERIVED, Quality.INTERP, Quality.HISTORY, Quality.LEGAL})

GUESSED: Final = ESTIMATED - {Quality.DERIVED}
"""Estimates that only we make: a meter's driver may give DERIVED too."""
