"""How `make run` starts, stops and starts again: data are kept, nothing is left, faults are told with the way out."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.e2e.history import known_half_hours
from tests.e2e.stack import environment, running_stack

pytestmark = [pytest.mark.stack, pytest.mark.paced, pytest.mark.timeout(600)]


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


def alive(pids: set[int]) -> list[int]:
    """Return those that have not ended; what the system has not reaped yet has ended."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found.append(pid)
    return found


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
        assert not alive(below)
        assert stopped_in < 10 * slowness()
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
        while left := alive(below):
            assert time.monotonic() < deadline, f"outlived the supervisor: {left}"
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
