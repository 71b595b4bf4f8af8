"""Locks carry hashes and no addresses, so that any mirror serves them."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_python_lock_has_a_hash_for_each_package_and_no_host():
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|file:", text)
    packages = re.findall(r"^[a-z0-9].*==.*$", text, flags=re.MULTILINE)
    assert len(packages) > 50
    assert len(re.findall(r"^[a-z0-9].*==.*\\\n +--hash=sha256:", text, flags=re.MULTILINE)) == len(packages)


def test_the_npm_lock_has_integrity_and_no_host():
    lock = json.loads((ROOT / "services/web/client/package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name and not package.get("link")}
    assert packages
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for package in packages.values() if not package.get("inBundle"))
