import io
import json
from pathlib import Path

from local_stack.console import LOG_FILE_MAX_BYTES, TAIL_LINES, Console, LogFile, readable


def test_a_log_record_reads_as_level_event_and_the_last_line_of_its_error():
    record = {"level": "error", "event": "worker.failed", "exception": "Traceback\n  File x\nValueError: too late"}

    assert readable(json.dumps(record)) == "error: worker.failed: ValueError: too late"


def test_a_line_that_is_no_record_stays_as_it_is():
    assert readable("could not bind") == "could not bind"
    assert readable('["a list"]') == '["a list"]'
    assert readable('{"level": 3}') == '{"level": 3}'


def test_lines_of_processes_show_only_when_asked_for():
    quiet, loud = io.StringIO(), io.StringIO()

    Console(quiet).process_line("metering", "started")
    Console(loud, verbose=True).process_line("metering", "started")

    assert quiet.getvalue() == ""
    assert loud.getvalue() == "      metering | started\n"


def test_a_terminal_that_is_gone_does_not_stop_the_stack():
    stream = io.StringIO()
    console = Console(stream)
    stream.close()

    console.progress("stopping")
    console.progress("stopped")


def test_a_log_file_keeps_its_last_lines_and_a_bounded_size(tmp_path: Path):
    log = LogFile(tmp_path / "kafka.log")
    line = "x" * 1_000_000
    for _ in range(LOG_FILE_MAX_BYTES // len(line) + 2):
        log.write(line)
    for number in range(TAIL_LINES + 1):
        log.write(str(number))
    log.close()

    assert list(log.tail) == [str(number) for number in range(1, TAIL_LINES + 1)]
    assert (tmp_path / "kafka.log").stat().st_size < LOG_FILE_MAX_BYTES
    assert (tmp_path / "kafka.log.1").exists()
