"""Metrics of auth. No label tells a person, an account or an address."""

from prometheus_client import Counter, Histogram

SIGN_INS = Counter(
    "halfhour_auth_sign_ins_total",
    "Sign-ins by outcome: accepted, invalid_credentials, second_factor_wrong, too_many.",
    ["outcome"],
)
REFRESHES = Counter(
    "halfhour_auth_refreshes_total",
    "Refreshes by outcome: rotated, repeated (within the grace), reused (the family ended), ended.",
    ["outcome"],
)
PASSWORD_SECONDS = Histogram(
    "halfhour_auth_password_seconds",
    "Time to check one password, waiting for a thread included.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
