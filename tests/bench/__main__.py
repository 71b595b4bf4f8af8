"""`make bench`: measure, print, write build/bench.json. Figures hold for this machine and minute; ratios last.

`make bench ONLY="sign_in serve"` measures these alone. What each measures: docs/architecture/benchmarks.md.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench import growth, ingest, live, poll, serve, sign_in
from tests.bench.rows import Row

OUT = Path(__file__).resolve().parents[2] / "build" / "bench.json"

GIVE_UP_SECONDS = 1_200
BENCHMARKS = {"poll": poll, "ingest": ingest, "live": live, "growth": growth, "serve": serve, "sign_in": sign_in}


async def measure(names: list[str]) -> list[Row]:
    """Run the benchmarks of these names, or every one, one after another."""
    rows: list[Row] = []
    for benchmark in (BENCHMARKS[name] for name in names or BENCHMARKS):
        async with asyncio.timeout(GIVE_UP_SECONDS):
            found = await benchmark.run()
        for row in found:
            beside = f"  {row.ratio:6.2f} x {row.against}" if row.ratio is not None else ""
            print(f"{row.name:<28} {row.value:>14,.1f} {row.unit:<12}{beside}", flush=True)
        rows += found
    return rows


if __name__ == "__main__":
    measured = asyncio.run(measure(sys.argv[1:]))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(row) for row in measured], indent=2) + "\n", encoding="utf-8")
    sys.exit(0)
