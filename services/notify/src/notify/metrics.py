"""Metrics of notify."""

from prometheus_client import Counter, Histogram

# `outcome` is sent, refused (by the mail server, for good), expired (its time passed first), switched_off, or
# unanswered (the mail server got it twice and never said what became of it).
LETTERS = Counter("halfhour_letters_total", "Letters whose delivery is over.", ["kind", "outcome"])
LETTER_RETRIES = Counter("halfhour_letter_retries_total", "Tries of a letter that failed and will be repeated.")
LETTER_SECONDS = Histogram(
    "halfhour_letter_seconds",
    "From a letter's arrival here to the mail server's acceptance.",
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600),
)
NOTIFICATIONS = Counter("halfhour_notifications_total", "Notifications made.", ["kind"])
