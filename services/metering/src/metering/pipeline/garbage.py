"""How often Python looks for cycles. Batches hold tens of thousands of objects and no cycle among them."""

import gc
from typing import Final

# At Python's own 700, 10, 10 the search takes as long as all other work of the pipeline, and stops requests too.
THRESHOLDS: Final = (50_000, 20, 100)


def search_rarely() -> None:
    """Leave out what is there already, mostly modules, and search after so many new objects. A repeat is harmless."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
