"""Where everything of one stack lies. No other module joins a path of `.local` itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Paths:
    """The files and folders below the stack's own folder."""

    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def status(self) -> Path:
        return self.root / "status.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def env(self) -> Path:
        return self.root / "env"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def clickhouse(self) -> Path:
        return self.root / "clickhouse"

    @property
    def gateway(self) -> Path:
        return self.root / "gateway"

    @property
    def demo(self) -> Path:
        return self.root / "demo"

    @property
    def billing(self) -> Path:
        return self.root / "billing"

    @property
    def simulators(self) -> Path:
        return self.root / "simulators.json"

    @property
    def ready(self) -> Path:
        return self.root / "ready.json"

    def create(self) -> None:
        """Make the folders. The root is closed to other users: secrets and meter data lie in it."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (self.logs, self.env, self.kafka, self.clickhouse, self.gateway, self.demo, self.billing):
            folder.mkdir(exist_ok=True, mode=0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
