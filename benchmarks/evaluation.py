"""What the intervals of all curves and stepwise residualization cost, beside plain versions.

2,253 people have the outcome, as in paper C. Precision, recall and total recall at *every* cut-off,
with percentiles of 1,000 draws. Plain numpy draws the people, takes cumulative sums, and then
`np.percentile` over the draws: a table of draws by cut-offs for each of the three curves, so it is
given 200 draws, and a draw of ours is held against a draw of it. Scores are continuous: plain
numpy has no answer to ties. Each runs in a process of its own; loading the libraries is
subtracted from both before they are divided.

Stepwise residualization (50 of 1,406 features, 650,000 rows) is in `evaluation_selection.py`.

Prints a table and, as its last line, one JSON object of figures. `--quick` takes 40,000 people and
200 draws, and goals that much smaller; nothing is divided there, because the compiled code is
loaded longer than plain numpy runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from evaluation_selection import figures as selection
from measuring import Cost, Figure, child_cost, figure, show

PLAIN = 200
"""Draws of the plain version."""


@dataclass(frozen=True)
class Size:
    """How many people, how many of them with the outcome, and how many draws."""

    people: int
    positives: int
    draws: int


FULL = Size(327_127, 2_253, 1_000)
QUICK = Size(40_000, 275, 200)


def drawn(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Draw outcomes and scores."""
    rng = np.random.default_rng(0)
    chance = rng.beta(0.3, 40, size.people)
    labels = np.zeros(size.people, np.int8)
    hit = rng.choice(size.people, size.positives, replace=False, p=chance / chance.sum())
    labels[hit] = 1
    return labels, chance * np.exp(rng.normal(0, 0.7, size.people))


def ours(size: Size) -> None:
    """Measure all curves."""
    from commonweal.evaluation.curves import curves

    labels, scores = drawn(size)
    curves(labels, scores, everyone=size.positives * 3 // 2, draws=size.draws)


def plain(size: Size) -> None:
    """Do the same with numpy alone, on a few draws."""
    labels, scores = drawn(size)
    ranked = labels[np.argsort(-scores, kind="stable")]
    rng = np.random.default_rng(1)
    ks = np.arange(1, size.people + 1)
    tables = {name: np.empty((PLAIN, size.people)) for name in ("precision", "recall", "total")}
    for i in range(PLAIN):
        again = np.sort(rng.integers(0, size.people, size.people))
        hits = np.cumsum(ranked[again], dtype=np.float64)
        tables["precision"][i] = hits / ks
        tables["recall"][i] = hits / hits[-1]
        tables["total"][i] = hits / (hits[-1] + size.positives / 2)
    for table in tables.values():
        np.percentile(table, [2.5, 97.5], axis=0)


def ours_loading(size: Size) -> None:
    """Load what ours needs, and its compiled code: everything but the work."""
    ours(Size(1_000, 100, 2))
    drawn(size)


def plain_loading(size: Size) -> None:
    """Load what plain numpy needs: everything but the work."""
    drawn(size)


CONTENDERS = {"ours": ours, "plain": plain, "ours-loading": ours_loading,
              "plain-loading": plain_loading}  # fmt: skip


def alone(name: str, quick: bool) -> Cost:
    """Run one contender in a process of its own."""
    return child_cost(sys.executable, __file__, *["--quick"] * quick, "--alone", name)


def curves(quick: bool) -> list[Figure]:
    """Measure the intervals of all curves."""
    size = QUICK if quick else FULL
    for name in ("ours", "plain"):  # compiled and in the file cache
        alone(f"{name}-loading", quick)
    cost, peer = alone("ours", quick), alone("plain", quick)
    print(f"{size.people:,} people, every cut-off; plain numpy, {PLAIN} draws: {peer.wall:.1f} s, "
          f"{peer.cpu:.1f} CPU s, {peer.memory:.2f} GB")  # fmt: skip
    wall, memory = (6, 0.6) if quick else (20, 2)
    name = f"all curves, {size.draws:,} draws"
    figures = [
        figure(f"{name}: wall", cost.wall, "s", f"<= {wall}"),
        figure(f"{name}: CPU", cost.cpu, "CPU s", f"<= {wall}"),
        figure(f"{name}: peak of memory", cost.memory, "GB", f"<= {memory}"),
    ]
    if not quick:
        rest = {name: alone(f"{name}-loading", quick).cpu for name in ("ours", "plain")}
        one = (cost.cpu - rest["ours"]) / size.draws
        other = (peer.cpu - rest["plain"]) / PLAIN
        figures.append(figure("CPU a draw, plain numpy over ours", other / one, "times", ">= 3"))
    return figures


MEASURED: Sequence[Callable[[bool], list[Figure]]] = (curves, selection)
"""What is measured: each takes whether to be quick. A further part is a line here."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40,000 people, 200 draws")
    parser.add_argument("--alone", choices=CONTENDERS, help="one contender, unmeasured")
    asked = parser.parse_args()
    if asked.alone:
        CONTENDERS[asked.alone](QUICK if asked.quick else FULL)
        return
    show([one for part in MEASURED for one in part(asked.quick)])


if __name__ == "__main__":
    main()
