"""Metrics of contracts."""

from prometheus_client import Counter, Histogram

# Many refusals over few links: somebody is guessing.
LINK_ATTEMPTS = Counter("halfhour_link_attempts_total", "Attempts to link a contract.", ["outcome"])
PASSWORD_SECONDS = Histogram(
    "halfhour_link_password_seconds",
    "Time to check one supplier's password, waiting for a thread included.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
