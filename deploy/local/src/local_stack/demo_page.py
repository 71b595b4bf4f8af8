"""Makes the demo consumer's page a living one, through the public API: links the contract, waits for the history.

Talks to the gateway only, as the web client does.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import httpx

from .console import Console
from .demo import Demo, Link
from .report import Person
from .settings import LocalSettings

ASK_EVERY_SECONDS: Final = 2.0
ANSWER_WITHIN_SECONDS: Final = 10.0
TRIES: Final = 30
PAUSE_SECONDS: Final = 0.5
SLOT_SECONDS: Final = 1800
REFRESH_COOKIE: Final = "halfhour_refresh"
FROM_A_PAGE: Final = {"X-Requested-With": "halfhour"}
"""What only a page of the portal can send."""
ALMOST_ALL: Final = 0.95
"""A meter's own journal may hold outages: their half hours are gaps, not a history still under way."""


class Refused(Exception):
    """The public API did not do what the demo needs."""


async def fill_page(settings: LocalSettings, demo: Demo, console: Console) -> None:
    """Link what the story says and wait until a demo consumer's point has its history. A repeat is harmless.

    Waits no longer than the settings allow. A contract that was unlinked is linked again. Where the API refuses, the
    console says so and the stack runs on: a person may have changed a demo login or its second factor on purpose.
    """
    needed = {"gateway", "auth", "contracts", "metering"}
    if not demo.links or needed & set(settings.exclude):
        return
    try:
        await _fill_page(settings, demo, console)
    except Refused as refused:
        console.fault(f"{refused}; the stack runs on without it")


async def _fill_page(settings: LocalSettings, demo: Demo, console: Console) -> None:
    began = console.seconds
    emails = dict.fromkeys(link.email for link in demo.links)
    people = [person for person in demo.people if person.email in emails]
    async with httpx.AsyncClient(base_url=settings.url("gateway"), timeout=ANSWER_WITHIN_SECONDS) as client:
        tokens = {person.email: await _signed_in(client, person) for person in people}
        for link in demo.links:
            await _link(client, tokens[link.email], link)
        console.progress(f"demo contracts: linked ({console.seconds - began:.1f} s)")
        if demo.history_days:
            await _wait_for_history(client, tokens[demo.links[0].email], settings, demo, console)


async def _signed_in(client: httpx.AsyncClient, person: Person) -> dict[str, str]:
    """Return the header of an access token, which outlives its session: that ends here, so that starts leave none."""
    body = {"email": person.email, "password": person.password}
    answer = await _until_up(client, "POST", "/api/v1/sessions", headers=FROM_A_PAGE, json=body)
    if "access_token" not in answer:
        raise Refused(f"demo: {person.email} has a second factor")
    # By hand: the cookie is Secure, and the jar does not send such over http.
    headers = FROM_A_PAGE | {"Cookie": f"{REFRESH_COOKIE}={client.cookies.get(REFRESH_COOKIE)}"}
    await client.post("/api/v1/sessions/logout", headers=headers)
    return {"Authorization": f"Bearer {answer['access_token']}"}


async def _link(client: httpx.AsyncClient, token: dict[str, str], link: Link) -> None:
    held = await _until_up(client, "GET", "/api/v1/contracts", headers=token)
    if any(contract["number"] == link.login for contract in held["items"]):
        return
    body = {"supplier_code": link.supplier_code, "name": link.name, "login": link.login, "password": link.password}
    # Another key at each start: the answer of a former one would be repeated, though it was unlinked since.
    headers = token | {"Idempotency-Key": str(uuid4())}
    await _until_up(client, "POST", "/api/v1/contracts", headers=headers, json=body)


async def _wait_for_history(
    client: httpx.AsyncClient, token: dict[str, str], settings: LocalSettings, demo: Demo, console: Console
) -> None:
    """Say every few seconds how much of the history the fullest point shows."""
    began = console.seconds
    while True:
        shown = await _days_shown(client, token, settings.clock.now(), demo.history_days)
        most = max(shown.values(), default=0.0)
        if most >= demo.history_days * ALMOST_ALL:
            console.progress(f"demo history: {most:.0f} days read from the meter ({console.seconds - began:.1f} s)")
            return
        if console.seconds - began > settings.demo_wait_seconds:
            console.fault(
                f"demo history: {most:.1f} of {demo.history_days} days after {settings.demo_wait_seconds:.0f} s; "
                "it goes on in the background (see meter-poller.log and metering.log)"
            )
            return
        console.progress(f"demo history: {most:.1f} of {demo.history_days} days read from the meter")
        await asyncio.sleep(ASK_EVERY_SECONDS)


async def _days_shown(client: httpx.AsyncClient, token: dict[str, str], now: datetime, days: int) -> dict[str, float]:
    """Return, by the point's number, how many days' worth of half hours its profile shows."""
    end = now.replace(minute=0, second=0, microsecond=0)
    window = {"start": (end - timedelta(days=days)).isoformat(), "end": end.isoformat()}
    shown: dict[str, float] = {}
    contracts = await _until_up(client, "GET", "/api/v1/contracts", headers=token)
    for contract in contracts["items"]:
        points = await _until_up(client, "GET", f"/api/v1/contracts/{contract['id']}/points", headers=token)
        for point in points["items"]:
            path = f"/api/v1/points/{point['id']}/profile"
            profile = await _until_up(client, "GET", path, headers=token, params=window)
            values = profile["values"]
            shown[point["number"]] = sum(value is not None for value in values) * SLOT_SECONDS / 86_400
    return shown


async def _until_up(client: httpx.AsyncClient, method: str, path: str, **what: Any) -> Any:
    """Ask until a part that is still warming up answers. Raises Refused for any other answer."""
    for _ in range(TRIES):
        try:
            answer = await client.request(method, path, **what)
        except httpx.TransportError as error:
            last = repr(error)
        else:
            if answer.is_success:
                return answer.json()
            last = f"{answer.status_code} {answer.text[:300]}"
            # Right after the start the gateway may not hold the keys yet, nor metering the link.
            if answer.status_code not in {401, 404, 502, 503, 504} or '"invalid_credentials"' in answer.text:
                break
        await asyncio.sleep(PAUSE_SECONDS)
    raise Refused(f"demo: {method} {path} was answered {last}")
