"""The jars of Apache Kafka: exactly those of `kafka.jars.lock`, each checked by its SHA-256 at every start.

`python -m local_stack.jars lock CACHE` resolves the roots anew and rewrites the lock; nothing else resolves anything.
"""

import argparse
import fcntl
import hashlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).with_name("kafka.jars.lock")

# Each root is resolved apart: with both in one call kafka-clients fell to a version that the broker cannot run with.
# Without the binding to log4j Kafka logs nothing at all.
ROOTS: Final = ("org.apache.kafka:kafka_2.13:4.3.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")


class JarsUnavailable(Exception):
    """A jar cannot be had, or is not the one that was locked."""


@dataclass(frozen=True, order=True)
class Jar:
    """One locked jar: its Maven coordinate and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Path below a Maven repository."""
        folder = Path(*self.group.split("."), self.artifact, self.version)
        return folder / f"{self.artifact}-{self.version}.jar"


def read_lock(path: Path = LOCK) -> list[Jar]:
    jars = []
    for line in path.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def class_path(jars: list[Jar], cache: Path) -> str:
    return ":".join(str(cache / "maven" / jar.path) for jar in jars)


def fetch(jars: list[Jar], cache: Path) -> None:
    """Check every jar, downloading what is missing into `cache`. A repeat downloads nothing.

    Raises JarsUnavailable if a jar cannot be had or its bytes are not the locked ones.
    """
    with _one_at_a_time(cache), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda jar: _checked(jar, cache / "maven"), jars))


@contextmanager
def _one_at_a_time(cache: Path) -> Iterator[None]:
    # Two stacks may share the cache, and the downloader writes a jar in place.
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _checked(jar: Jar, repository: Path) -> Path:
    path = repository / jar.path
    if path.exists() and _sha256(path) == jar.sha256:
        return path
    path.unlink(missing_ok=True)  # half a download of a start that was interrupted
    _download(jar, repository)
    if (found := _sha256(path)) != jar.sha256:
        path.unlink()
        msg = f"{jar.path.name} has the SHA-256 {found}, but {jar.sha256} is locked in {LOCK.name}"
        raise JarsUnavailable(msg)
    return path


def _download(jar: Jar, repository: Path) -> None:
    from jgo.maven import MavenContext  # noqa: PLC0415 -- half a second that only the first start pays

    try:
        context = MavenContext(repo_cache=repository, timeout=60)
        context.create_dependency(f"{jar.group}:{jar.artifact}:{jar.version}").artifact.resolve()
    except (OSError, RuntimeError) as error:
        raise JarsUnavailable(f"{jar.path.name} cannot be downloaded: {error}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _resolve(repository: Path) -> list[Jar]:
    from jgo.maven import MavenContext  # noqa: PLC0415 -- as above

    context = MavenContext(repo_cache=repository, timeout=60)
    found: dict[tuple[str, str], Jar] = {}
    for root in ROOTS:
        dependency = context.create_dependency(root)
        _, others = context.resolver.resolve([dependency])
        for item in (dependency, *others):
            if item.scope in {None, "compile", "runtime"} and not item.optional:
                digest = _sha256(item.artifact.resolve())
                jar = Jar(item.groupId, item.artifactId, item.version, digest)
                found.setdefault((jar.group, jar.artifact), jar)
    return sorted(found.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local_stack.jars", description="Apache Kafka's jars.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("fetch", "check every locked jar, downloading what is missing"), ("lock", "rewrite the lock")):
        commands.add_parser(name, help=what).add_argument("cache", type=Path)
    chosen = parser.parse_args()
    try:
        if chosen.command == "lock":
            _rewrite_lock(chosen.cache / "maven")
        else:
            fetch(read_lock(), chosen.cache)
    except JarsUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _rewrite_lock(repository: Path) -> None:
    lines = [f"{jar.group}:{jar.artifact}:{jar.version} {jar.sha256}" for jar in _resolve(repository)]
    header = f"# Made by `python -m local_stack.jars lock` from {' and '.join(ROOTS)}."
    LOCK.write_text("\n".join([header, *lines]) + "\n", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
