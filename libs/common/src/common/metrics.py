"""Metrics that every service has; a service's own stand in its `metrics.py`.

Labels are bounded: topics, reasons, routes, states; never a person, a contract or a meter.
"""

from prometheus_client import Counter, Gauge, Histogram

DEAD_LETTERS = Counter("halfhour_dead_letters_total", "Messages that went to a dead-letter topic.", ["topic", "reason"])
MESSAGES_HANDLED = Counter("halfhour_messages_handled_total", "Messages whose effect is stored.", ["topic"])
MESSAGE_AGE_SECONDS = Histogram(
    "halfhour_message_age_seconds",
    "From the record's time in the log to its effect being stored.",
    ["topic"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 86400),
)
OUTBOX_SENT = Counter("halfhour_outbox_sent_total", "Events that the relay has delivered.")
OUTBOX_DEPTH = Gauge("halfhour_outbox_depth", "Events that wait for the relay, as last seen.")
OUTBOX_PAUSES = Counter("halfhour_outbox_pauses_total", "Times that the relay backed off after a failure.")
HTTP_SECONDS = Histogram(
    "halfhour_http_request_seconds",
    "Time to answer, by route template.",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
