"""How much of the meters' memory has been read back."""

from datetime import datetime, timedelta

import httpx

HISTORY = timedelta(days=35)
# A meter's own outages leave gaps; the rest of 35 days must be there.
LEAST_SHARE = 0.95


def known_half_hours(client: httpx.Client, end: datetime) -> int:
    """Return how many of the last 35 days' half hours the fullest of the consumer's points has."""
    contract = client.get("/api/v1/contracts").raise_for_status().json()["items"][0]
    points = client.get(f"/api/v1/contracts/{contract['id']}/points").raise_for_status().json()["items"]
    counts = []
    for point in points:
        parameters = {"start": (end - HISTORY).isoformat(), "end": end.isoformat(), "channel": "a_plus"}
        series = client.get(f"/api/v1/points/{point['id']}/profile", params=parameters).raise_for_status().json()
        counts.append(sum(value is not None for value in series["values"]))
    return max(counts)
