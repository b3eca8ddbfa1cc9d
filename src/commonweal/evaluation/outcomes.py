"""How a ranking made for one outcome does on others: the same people in the same order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.core.results import Metric
from commonweal.core.seeds import stream, tie_break
from commonweal.evaluation.overall import Subject, measure
from commonweal.evaluation.people import Labels, labels_of, same_length, scores_of
from commonweal.evaluation.pictures import rungs
from commonweal.evaluation.ranking import Ranking

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

FIGURES = ("base_rate", "precision", "recall", "total_recall", "auc")
_NO_DAY = date(1, 1, 1)
_CAUTION = (
    "Another outcome may measure what an agency does as much as what people do or suffer: arrests "
    "count where the police look."
)


@dataclass(frozen=True, slots=True)
class OtherOutcomes:
    """Figures of one ranking on several outcomes; made by `other_outcomes`.

    Parameters
    ----------
    figures
        ``base_rate``, ``auc`` and, at every k, ``precision``, ``recall`` and ``total_recall``,
        each named by its outcome.
    """

    figures: tuple[Metric, ...]

    def frame(self) -> pd.DataFrame:
        """Return a row a figure: outcome, metric, k, value, low, high and n."""
        import pandas as pd

        names = ("outcome", "metric", "k", "value", "low", "high", "n")
        return pd.DataFrame([{name: getattr(m, name) for name in names} for m in self.figures])

    def plot(self) -> alt.LayerChart:
        """Draw precision at every cut-off beside the base rate of each outcome."""
        rows = [
            {"outcome": m.outcome, "value": m.value, "low": m.low, "high": m.high,
             "among": f"top {m.k:,}" if m.k else "everybody"}
            for m in self.figures if m.metric in ("base_rate", "precision")
        ]  # fmt: skip
        return rungs(rows, ("value", "had the outcome"), ("outcome", ""), ("among", "among"))

    def sentence(self) -> str:
        """Say for each outcome how many of the list had it, against how many of all."""
        said = []
        rates = {m.outcome: m for m in self.figures if m.metric == "base_rate"}
        for outcome, rate in rates.items():
            mine = [m for m in self.figures if m.outcome == outcome and m.metric == "precision"]
            for m in mine[:1]:
                ends = "" if m.low is None else f" ({m.low:.1%} to {m.high:.1%})"
                times = f", {m.value / rate.value:.1f} times as many" if rate.value else ""
                said.append(
                    f"{outcome}: {m.value:.1%}{ends} of the top {m.k:,} against {rate.value:.1%} "
                    f"of all {rate.n:,}{times}"
                )
        return f"{'; '.join(said)}. {_CAUTION}"


def other_outcomes(
    scores: Any, outcomes: Mapping[str, Any], ks: Sequence[int], *,
    everyone: Mapping[str, int] | None = None, ids: Iterable[Any] | None = None,
    draws: int = 1000, seed: int = 0,
) -> OtherOutcomes:  # fmt: skip
    """Measure one ranking on several outcomes.

    Estimated for each: base rate, AUC, and at each k precision, recall and, where `everyone`
    says how many had the outcome in the data or not, total recall. Of equal scores at k each has
    the same chance to be in the list. Intervals draw the people again. No model is fitted to any
    of these outcomes, so the figures say what else happens to the people a ranking puts first,
    not how well that could be predicted.

    Parameters
    ----------
    scores
        Numbers, shape (n,).
    outcomes
        Outcome -> 0 or 1, shape (n,).
    ks
        Cut-offs.
    everyone
        Outcome -> people with it, in the data or not.
    ids
        An id a person, so that the order of rows does not matter.
    draws, seed
        Draws behind the intervals, and the seed of their streams.

    Raises
    ------
    DataError
        If values are missing or of other lengths, a cut-off is out of range, or `everyone` holds
        fewer than the data.

    References
    ----------
    Paper C, Table B.1.
    """
    values = scores_of(scores)
    n = len(values)
    for k in ks:
        if not 1 <= k <= n:
            raise problem(DataError, "ks", f"holds {k:,} of {n:,} people", f"use 1 to {n:,}")
    known = range(n) if ids is None else list(ids)
    ties = tie_break(seed, (str(one) for one in known))
    same_length(n, ids=len(ties))
    ranking = Ranking.of(values, np.zeros(n, dtype=np.int8), ties)
    figures: list[Metric] = []
    for name, column in outcomes.items():
        labels = labels_of(column, name)
        same_length(n, **{name: len(labels)})
        total = None if everyone is None else everyone.get(name)
        if total is not None and total < labels.sum():
            what = f"says {total:,} had {name}, fewer than the {int(labels.sum()):,} in the data"
            raise problem(DataError, "everyone", what, "count those in the data as well")
        generator = stream(seed, "bootstrap", "outcome", name)
        subject = Subject("", _NO_DAY, False, total)
        found = under(ranking, labels, subject, name, sorted(ks), draws, generator)
        figures += [replace(m, model=None, as_of=None) for m in found]
    return OtherOutcomes(tuple(figures))


def under(
    ranking: Ranking, labels: Labels, subject: Subject, outcome: str, ks: Sequence[int],
    draws: int, generator: np.random.Generator,
) -> list[Metric]:  # fmt: skip
    """Measure a ranking on an outcome of the same people, given in the order of the input."""
    other = with_labels(ranking, labels)
    found = measure(other, replace(subject, probability=False), ks, (0, other.n), draws, generator)
    return [replace(m, outcome=outcome) for m in found if m.metric in FIGURES]


def with_labels(ranking: Ranking, labels: Labels) -> Ranking:
    """Return the ranking with another outcome of each person."""
    return replace(ranking, labels=labels[ranking.order])
