"""What `make run` promises: data are kept, everything stops, faults are told in one line with the way out."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.e2e.stack import Stack, environment, running_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

HISTORY = timedelta(days=35)
# A meter's own outages leave gaps; the rest of 35 days must be there.
LEAST_SHARE = 0.95


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`, as /proc tells."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


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


def test_the_demo_consumer_meets_a_living_page(demo_stack: Stack):
    end = datetime.fromtimestamp(int(time.time()) // 1800 * 1800, UTC) - timedelta(minutes=30)
    with demo_stack.sign_in() as client:
        assert known_half_hours(client, end) >= LEAST_SHARE * HISTORY / timedelta(minutes=30)


def test_the_api_document_is_served(demo_stack: Stack):
    document = httpx.get(f"{demo_stack.portal}/api/openapi.json").raise_for_status().json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/points/{point_id}/profile" in document["paths"]


def test_a_letter_of_the_new_device_is_in_the_inbox(demo_stack: Stack):
    with demo_stack.sign_in():
        pass
    person = next(person for person in demo_stack.ready["people"] if person["role"] == "consumer")
    found = httpx.get(
        f"{demo_stack.ready['inbox']}/api/messages", params={"to": person["email"], "wait": 10}, timeout=20
    )
    assert found.raise_for_status().json()


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        ("GET", "/api/v1/contracts", None, 401, None),
        ("GET", "/api/v1/contracts", "Bearer not.a.token", 401, None),
        ("GET", "/api/v1/points/0193ffff-0000-7000-8000-000000000000", "good", 404, "point_not_found"),
        ("GET", "/api/v1/points/not-an-id", "good", 422, "invalid_request"),
        ("GET", "/api/v1/contracts/0193ffff-0000-7000-8000-000000000000/points", "good", 404, "contract_not_found"),
        ("GET", "/api/v1/nothing", "good", 404, "not_found"),
        ("POST", "/api/v1/sessions", None, 403, None),
    ],
)
def test_a_call_that_is_wrong_gets_a_problem_document(
    demo_stack: Stack, method: str, path: str, token: str | None, status: int, code: str | None
):
    with demo_stack.sign_in() as client:
        if token is None:
            del client.headers["Authorization"]
        elif token != "good":
            client.headers["Authorization"] = token
        answer = client.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == status
    assert code is None or answer.json()["code"] == code
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_data_are_kept_and_a_second_run_is_quick_and_leaves_no_process(tmp_path: Path):
    folder = tmp_path / "stack"
    seconds, counts = [], []
    end = datetime.fromtimestamp(int(time.time()) // 1800 * 1800, UTC) - timedelta(minutes=30)
    for _ in range(2):
        began = time.monotonic()
        with running_stack(folder) as stack:
            seconds.append(time.monotonic() - began)
            with stack.sign_in() as client:
                counts.append(known_half_hours(client, end))
            below = descendants(stack.process.pid)
            assert len(below) > 8
            began = time.monotonic()
        stopped_in = time.monotonic() - began
        assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]
        assert stopped_in < 10
    print(f"ready in {seconds[0]:.1f} s at first, {seconds[1]:.1f} s with data; stopped in {stopped_in:.1f} s")
    assert counts[1] >= counts[0] > 0
    assert seconds[1] < 15 * slowness()


def slowness() -> float:
    """Return how much slower this machine is now than an idle one: bounds hold for an idle machine with two cores."""
    return max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))


def test_a_killed_supervisor_leaves_no_process(tmp_path: Path):
    with running_stack(tmp_path / "stack", demo=False) as stack:
        below = descendants(stack.process.pid)
        os.kill(stack.process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while alive := [pid for pid in below if Path(f"/proc/{pid}").exists()]:
            assert time.monotonic() < deadline, f"outlived the supervisor: {alive}"
            time.sleep(0.1)


def test_a_port_in_use_is_told_with_the_setting_to_change(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "local_stack", "up"],
            env=environment(tmp_path / "stack", gateway_port=port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    told = done.stdout + done.stderr
    assert done.returncode == 2
    assert str(port) in told
    assert "LOCAL_GATEWAY_PORT" in told
    assert "Traceback" not in told
