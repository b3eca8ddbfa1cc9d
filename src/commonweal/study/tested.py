"""The people of a test date, and what may be published about a ranking of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.core.seeds import stream, tie_break
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.evaluation.overall import Subject, bins_from, measure
from commonweal.evaluation.ranking import Floats, Ints, Ranking
from commonweal.study.stages import Workshop

Shown = tuple[Ranking, tuple[int, ...]]
"""A ranking and the cut-offs at which it is published."""


@dataclass(frozen=True, slots=True)
class Tested:
    """The people of one test date whose outcome is known.

    Parameters
    ----------
    as_of
        The date.
    rows
        Their rows of the cohort, ascending.
    people
        ``row``, ``entity_id`` and ``as_of`` of these rows.
    labels, ties
        Their outcomes, and what decides between equal scores.
    everyone
        People with the outcome, in the cohort or not.
    """

    as_of: date
    rows: Ints
    people: pa.Table
    labels: NDArray[np.int8]
    ties: NDArray[np.uint64]
    everyone: int

    @property
    def positives(self) -> int:
        """How many of them had the outcome."""
        return int(self.labels.sum())

    def measurable(self, shop: Workshop) -> bool:
        """Return whether any figure may be shown."""
        rule, positives = shop.study.disclosure, self.positives
        return rule.safe(positives, len(self.labels) - positives)

    def outside(self, shop: Workshop) -> int | None:
        """Return the denominator of total recall, None where it may not be shown."""
        safe = shop.study.disclosure.safe(self.everyone - self.positives, self.everyone)
        return self.everyone if safe else None

    def ranking(self, scores: Floats) -> Ranking:
        """Rank them."""
        return Ranking.of(scores, self.labels, self.ties)


def tested(shop: Workshop, people: Artefact, labelled: Artefact) -> list[Tested]:
    """Read the people of each test date whose outcome is known."""
    table = read_table(people.file("cohort.parquet"))
    observed = read_table(labelled.file("labels.parquet"))["label"]
    labels = observed.fill_null(0).to_numpy().astype(np.int8)
    everyone = labelled.json("everyone.json")
    assert isinstance(everyone, dict)
    found = []
    for split in (s for s in shop.splits if s.role == "test"):
        here = pc.equal(table["as_of"], pa.scalar(split.as_of, pa.date32()))
        rows = np.flatnonzero(pc.and_(here, observed.is_valid()).to_numpy())
        mine = table.take(pa.array(rows))
        found.append(
            Tested(
                as_of=split.as_of, rows=rows, people=mine, labels=labels[rows],
                ties=tie_break(shop.study.spec.study.seed, mine["entity_id"].to_pylist()),
                everyone=int(everyone[split.as_of.isoformat()]),
            )
        )  # fmt: skip
    return found


def wanted(shop: Workshop) -> list[int]:
    """Return the cut-offs tried first: the capacity, then those the study asks for."""
    return [shop.study.spec.capacity.k, *shop.study.spec.evaluation.cutoffs]


def measured(shop: Workshop, shown: Shown, subject: Subject, *names: str) -> list[Metric]:
    """Measure a ranking as a whole; `names` tell its random stream from others'."""
    spec, (ranking, cutoffs) = shop.study.spec, shown
    bins = bins_from(cutoffs, ranking.n, spec.evaluation.calibration_bins)
    seeded = stream(spec.study.seed, "bootstrap", str(subject.as_of), subject.model, *names)
    found = measure(ranking, subject, cutoffs, bins, spec.evaluation.draws, seeded)
    return published(shop, shown, found)


def published(shop: Workshop, shown: Shown, found: Sequence[Metric]) -> list[Metric]:
    """Round or leave out the areas that would give ties away."""
    decimals = shop.study.disclosure.areas(*shown)
    kept = [m for m in found if m.metric != "auc"]
    return kept + [_rounded(m, decimals) for m in found if m.metric == "auc" and decimals]


def _rounded(metric: Metric, decimals: int) -> Metric:
    low, high = (None if x is None else round(x, decimals) for x in (metric.low, metric.high))
    return replace(metric, value=round(metric.value, decimals), low=low, high=high)
