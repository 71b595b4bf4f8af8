"""Metrics of contracts."""

from prometheus_client import Counter

# Many refusals over few links: somebody is guessing.
LINK_ATTEMPTS = Counter("halfhour_link_attempts_total", "Attempts to link a contract.", ["outcome"])
