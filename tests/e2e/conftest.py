"""One demo stack for pages and `make run`, one with fast days; a page that fails the test on any console error."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from tests import browser as chromium
from tests.e2e.running import Running, fast_stack
from tests.e2e.silence import hold_to_silence, told_by_logs, told_by_metrics
from tests.e2e.stack import Stack, running_stack
from tests.e2e.texts import Texts

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
# Each page is opened far from the points' own zones, so that a border taken from the browser's zone would show.
BROWSER_ZONE = "Asia/Vladivostok"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# A loaded machine may need more than the five seconds that are the default.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the main path first: the day that the ledger's tests look at closes meanwhile."""
    items.sort(key=lambda item: "test_main_path" not in item.nodeid)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo-stack")


@pytest.fixture(scope="session")
def demo_stack(demo_folder: Path) -> Iterator[Stack]:
    """The stack as `make run` starts it, with the demo's people, contract and meters; silent to its end."""
    # All these people come from one address, in one quarter of an hour; and no test waits a minute for a second letter.
    with running_stack(demo_folder, registrations_per_address=500, letter_again_seconds=4) as stack:
        yield stack
        told = told_by_metrics(stack)
    hold_to_silence(stack, told | told_by_logs(stack))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack whose days pass in half a minute."""
    with fast_stack(tmp_path_factory.mktemp("fast-days")) as started:
        yield started
        told = told_by_metrics(started.stack)
    hold_to_silence(started.stack, told | told_by_logs(started.stack))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while it is open its loop runs in this thread, and no other test could run one."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        yield found
        found.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, demo_stack: Stack) -> Iterator[Page]:
    """A fresh page at each width; any console error, page error or sideways scrolling fails the test."""
    context = browser.new_context(
        base_url=demo_stack.portal,
        viewport=request.param,
        locale="en-GB" if _speaks_english(request) else "ru-RU",
        timezone_id=BROWSER_ZONE,
        reduced_motion="reduce",
        has_touch=request.param is PHONE,
    )
    faults: list[str] = []
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(30_000)
    yield page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9-]+", "-", request.node.name.lower()).strip("-")
    # The page of the API is very long: a busy machine needs time to draw it.
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=page.viewport_size == DESK, timeout=60_000)
    context.close()
    unexpected = [fault for fault in faults if not _is_the_answer_of_a_test(fault, request)]
    assert not unexpected


@pytest.fixture
def say(page: Page) -> Texts:
    """The texts of the page: a walk that asks for them goes in Russian on a desk and in English on a phone."""
    return Texts("en" if page.viewport_size == PHONE else "ru")


def _speaks_english(request: pytest.FixtureRequest) -> bool:
    return "say" in request.fixturenames and request.param is PHONE


def _is_the_answer_of_a_test(fault: str, request: pytest.FixtureRequest) -> bool:
    """Chromium writes a console error for each 4xx answer; a test that provokes one names it."""
    marker = request.node.get_closest_marker("provokes")
    return marker is not None and any(f"status of {status}" in fault for status in marker.args)
