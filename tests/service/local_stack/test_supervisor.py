import asyncio
import io
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from local_stack.console import Console
from local_stack.settings import inherited_environment
from local_stack.supervisor import Job, Part, Service, StartFailed, Step, Supervisor

MARK_AND_SLEEP = "import pathlib,sys,time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
IGNORE_TERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {MARK_AND_SLEEP}"
MARK_END = (
    "import pathlib,signal,sys,time\n"
    "def end(*_):\n"
    "    open(sys.argv[2], 'a').write(sys.argv[3] + '\\n'); sys.exit()\n"
    "signal.signal(signal.SIGTERM, end); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
)

NewSupervisor = Callable[..., Supervisor]


@pytest.fixture
async def supervise(tmp_path: Path) -> AsyncIterator[NewSupervisor]:
    made: list[Supervisor] = []

    def new(*parts: Part, restart: bool = True) -> Supervisor:
        console = Console(io.StringIO())
        made.append(Supervisor(parts, console=console, logs=tmp_path, status=tmp_path / "status.json", restart=restart))
        return made[-1]

    yield new
    for supervisor in made:
        await supervisor.stop()


def _sleeper(folder: Path, name: str, *, needs: tuple[str, ...] = (), code: str = MARK_AND_SLEEP) -> Service:
    mark = folder / f"{name}.up"

    async def marked() -> bool:
        return mark.exists()

    return Service(
        name=name,
        command=(sys.executable, "-c", code, str(mark), str(folder / "ends"), name),
        environment=inherited_environment(),
        ready=marked,
        needs=needs,
    )


def _job(name: str, code: str, *, needs: tuple[str, ...] = ()) -> Job:
    return Job(name=name, command=(sys.executable, "-c", code), environment=inherited_environment(), needs=needs)


async def _until(question: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not question():
            await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "Z"


async def test_a_part_begins_after_all_that_it_needs(tmp_path: Path, supervise: NewSupervisor):
    seen: list[bool] = []

    async def look() -> None:
        await asyncio.sleep(0)
        seen.append((tmp_path / "base.up").exists() and (tmp_path / "job.done").exists())

    supervisor = supervise(
        Step("look", look, needs=("base", "job")),
        _sleeper(tmp_path, "base"),
        _job("job", f"open({str(tmp_path / 'job.done')!r}, 'w')"),
    )

    await supervisor.start()

    assert seen == [True]


async def test_a_failed_job_is_reported_with_its_last_lines(supervise: NewSupervisor):
    supervisor = supervise(_job("broken", "import sys; print('no such table'); sys.exit(3)"))

    with pytest.raises(StartFailed, match=r"broken ended with exit code 3; its last lines .*:\n    no such table"):
        await supervisor.start()


async def test_a_failed_step_keeps_what_needs_it_from_beginning(tmp_path: Path, supervise: NewSupervisor):
    async def fail() -> None:
        await asyncio.sleep(0)
        raise OSError("no space left")

    supervisor = supervise(Step("prepare", fail), _sleeper(tmp_path, "after", needs=("prepare",)))

    with pytest.raises(StartFailed, match="prepare failed: no space left"):
        await supervisor.start()
    assert not (tmp_path / "after.up").exists()


async def test_a_service_that_cannot_start_is_given_up_after_three_crashes(supervise: NewSupervisor):
    async def never() -> bool:
        return False

    service = Service(
        name="crashing",
        command=(sys.executable, "-c", "print('bad setting'); raise SystemExit(2)"),
        environment=inherited_environment(),
        ready=never,
    )

    with pytest.raises(StartFailed, match=r"(?s)crashing ended 3 times with exit code 2.*bad setting"):
        await supervise(service).start()


async def test_a_program_that_is_not_there_is_one_clear_fault(supervise: NewSupervisor):
    part = Job(name="absent", command=("/no/such/program",), environment=inherited_environment())

    with pytest.raises(StartFailed, match=r"absent cannot be started: .*No such file"):
        await supervise(part).start()


async def test_a_killed_service_is_started_again(tmp_path: Path, supervise: NewSupervisor):
    supervisor = supervise(_sleeper(tmp_path, "base"))
    await supervisor.start()
    first = supervisor.pids()["base"]

    os.kill(first, signal.SIGKILL)

    await _until(lambda: supervisor.pids().get("base", first) != first)


async def test_parts_stop_after_those_that_need_them(tmp_path: Path, supervise: NewSupervisor):
    supervisor = supervise(
        _sleeper(tmp_path, "base", code=MARK_END),
        _sleeper(tmp_path, "middle", needs=("base",), code=MARK_END),
        _sleeper(tmp_path, "top", needs=("middle",), code=MARK_END),
    )
    await supervisor.start()

    await supervisor.stop()

    assert (tmp_path / "ends").read_text(encoding="utf-8").split() == ["top", "middle", "base"]


async def test_what_ignores_the_stop_signal_is_killed_and_the_whole_stop_stays_under_ten_seconds(
    tmp_path: Path, supervise: NewSupervisor
):
    supervisor = supervise(
        _sleeper(tmp_path, "base", code=IGNORE_TERM),
        _sleeper(tmp_path, "top", needs=("base",), code=IGNORE_TERM),
    )
    await supervisor.start()
    pids = supervisor.pids().values()
    began = time.monotonic()

    await supervisor.stop()

    assert time.monotonic() - began < 10
    assert not any(_alive(pid) for pid in pids)


async def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path):
    """INVARIANT: however the supervisor ends, no process of the stack stays."""
    program = f"""
import asyncio, io, pathlib, sys
from local_stack.console import Console
from local_stack.supervisor import Service, Supervisor
mark = pathlib.Path({str(tmp_path / "child.up")!r})
async def marked(): return mark.exists()
async def main():
    part = Service(name="child", command=(sys.executable, "-c", {MARK_AND_SLEEP!r}, str(mark)), environment={{}},
                   ready=marked)
    folder = pathlib.Path({str(tmp_path)!r})
    supervisor = Supervisor([part], console=Console(io.StringIO()), logs=folder, status=folder / "status.json")
    await supervisor.start()
    print(supervisor.pids()["child"], flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert supervisor.stdout is not None
    child = int(await supervisor.stdout.readline())
    assert _alive(child)

    supervisor.kill()
    await supervisor.wait()

    await _until(lambda: not _alive(child))


async def test_an_unknown_need_is_refused_before_anything_starts(supervise: NewSupervisor):
    with pytest.raises(ValueError, match="job needs nothing-such, which is not a part of the stack"):
        supervise(_job("job", "", needs=("nothing-such",)))
