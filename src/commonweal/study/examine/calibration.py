"""The headline model's calibration within each group: by the group's own scores, as a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.core.seeds import stream
from commonweal.evaluation.calibration import Estimate, GroupCalibration, of_group, quantiles
from commonweal.evaluation.overall import bins_from, unsplit
from commonweal.evaluation.ranking import Floats, Ints, Ranking
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.comparison import rounded
from commonweal.study.examine.examined import Examined

LEAST = 30
"""People a bin holds at least."""


def calibration(seen: Examined) -> Evaluated:
    """Measure predicted against observed, overall and by group.

    Publishes ``calibration_within.predicted`` and ``.observed`` (k: rank within the group down to
    which the bin reaches), ``calibration.slope``, ``.intercept``, ``.error`` and
    ``.error_by_chance``. Bins of real people end at published cut-offs, where every group by
    outcome holds nobody or more than ten; those of simulated people at the group's quantiles.
    Nothing where scores are no probabilities; finding ``evaluation.calibration`` says so.
    """
    if not seen.subject.probability:
        return Evaluated()
    return Evaluated(tuple(m for part in _parts(seen) for m in _measured(seen, part)))


@dataclass(frozen=True, slots=True)
class _Part:
    """Everybody or a group: its people in order of rank, and its ranks at published cut-offs."""

    group: str | None
    chances: Floats
    labels: NDArray[np.int8]
    edges: tuple[int, ...]


def _parts(seen: Examined) -> Iterator[_Part]:
    ranking = seen.ranking
    edges = unsplit(ranking, (0, *seen.cutoffs, ranking.n))
    yield _Part(None, ranking.scores, ranking.labels, edges)
    for grouping in seen.groupings:
        at = np.asarray(unsplit(ranking, (0, *grouping.cutoffs, ranking.n)))
        for group in np.unique(grouping.groups):
            here = grouping.groups == group
            own: Ints = np.concatenate([[0], np.cumsum(here)])[at]
            name = f"{grouping.attribute}={group}"
            yield _Part(name, ranking.scores[here], ranking.labels[here],
                        tuple(np.unique(own).tolist()))  # fmt: skip


def _measured(seen: Examined, part: _Part) -> Iterator[Metric]:
    spec, rule = seen.shop.study.spec, seen.shop.study.disclosure
    n = len(part.labels)
    wanted = max(1, min(spec.evaluation.calibration_within, n // LEAST))
    inner = part.edges[1:-1]
    edges = quantiles(part.chances, wanted) if rule.exempt else bins_from(inner, n, wanted)
    seeded = stream(
        spec.study.seed, "calibration", str(seen.test.as_of), seen.headline, part.group or ""
    )
    draws = spec.evaluation.draws
    found = of_group(part.group or "", part.labels, part.chances, edges, draws, seeded)
    ranking = Ranking.of(part.chances, part.labels, np.arange(n, dtype=np.uint64))
    yield from _bins(seen, part, found)
    yield from _line(seen, part, found, rule.areas(ranking, inner))


def _bins(seen: Examined, part: _Part, found: GroupCalibration) -> Iterator[Metric]:
    for one in found.bins:
        for name, got in (("predicted", one.predicted), ("observed", one.observed)):
            yield from _metric(seen, part, f"calibration_within.{name}", got, one.n, one.upper)


def _line(seen: Examined, part: _Part, found: GroupCalibration, decimals: int) -> Iterator[Metric]:
    """Yield slope and intercept as far as they give no ties away, and the error over the bins."""
    for name, got in (("slope", found.slope), ("intercept", found.intercept)):
        for metric in _metric(seen, part, f"calibration.{name}", got, found.n):
            if decimals:
                yield rounded(metric, decimals)
    yield from _metric(seen, part, "calibration.error", found.error, found.n)
    chance = Estimate(found.by_chance, None, None)
    yield from _metric(seen, part, "calibration.error_by_chance", chance, found.n)


def _metric(
    seen: Examined, part: _Part, name: str, got: Estimate, n: int, k: int | None = None
) -> Iterator[Metric]:
    """Yield a figure, unless it is undefined."""
    if got.value is not None:
        yield Metric(
            metric=name, value=got.value, low=got.low, high=got.high, n=n, k=k,
            model=seen.headline, group=part.group, as_of=seen.test.as_of,
        )  # fmt: skip
