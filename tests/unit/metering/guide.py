"""The consumer of docs/guides/billing, as a module."""

import importlib.util
from typing import Any

from local_stack.paths import REPOSITORY


def _loaded() -> Any:
    path = REPOSITORY / "docs" / "guides" / "billing" / "ledger_consumer.py"
    spec = importlib.util.spec_from_file_location("ledger_consumer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CONSUMER = _loaded()
