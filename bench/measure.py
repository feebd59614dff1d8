"""Ratios side by side in one run: ours, the reference, ours, the reference, …"""

import json
import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"
REPEATS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is the median of the pairs' ratios, `spread` their range."""

    name: str
    ours: float
    reference: float
    ratio: float
    unit: str
    spread: list[float]


def compare(
    name: str,
    ours: Callable[[int], float],
    reference: Callable[[int], float],
    *,
    unit: str,
    repeats: int = REPEATS,
) -> Row:
    """Measure both in turn, `repeats` times after one round that is not counted."""
    ours(-1)
    reference(-1)
    pairs = [(ours(n), reference(n)) for n in range(repeats)]
    ratios = [a / b for a, b in pairs]
    return Row(
        name=name,
        ours=round(statistics.median(a for a, _ in pairs), 1),
        reference=round(statistics.median(b for _, b in pairs), 1),
        ratio=round(statistics.median(ratios), 3),
        unit=unit,
        spread=[round(min(ratios), 3), round(max(ratios), 3)],
    )


def machine() -> str:
    """What this was measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"


def report(rows: list[Row], *, generator: str) -> None:
    """Print the table and write it beside this file."""
    print(f"\nmachine: {machine()}; load from {generator}; {REPEATS} repeats each, medians\n")
    print(f"{'name':32} {'ours':>10} {'reference':>10} {'ratio':>7}  {'spread':15} unit")
    for row in rows:
        spread = f"{row.spread[0]:.3f}…{row.spread[1]:.3f}"
        print(
            f"{row.name:32} {row.ours:>10.1f} {row.reference:>10.1f} {row.ratio:>7.3f}  "
            f"{spread:15} {row.unit}"
        )
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
