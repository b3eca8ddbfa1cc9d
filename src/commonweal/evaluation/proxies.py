"""How well a protected attribute can be guessed: AUC of each group, and the share guessed right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from commonweal.evaluation.estimate import Estimate, estimates
from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.ranking import Floats, Ints, Ranking, auc

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Proxies:
    """How well one attribute is guessed.

    Parameters
    ----------
    attribute
        The attribute.
    people
        Group -> how many of the people guessed about are in it.
    areas
        Group -> AUC of telling its members from everybody else.
    right
        Share of people whose group is guessed right.
    largest
        Share of the largest group: what guessing it for everybody gets right.
    """

    attribute: str
    people: dict[str, int]
    areas: dict[str, Estimate]
    right: Estimate
    largest: Estimate

    @property
    def n(self) -> int:
        """People guessed about."""
        return sum(self.people.values())

    @property
    def worst(self) -> tuple[str, Estimate]:
        """The group that can be told best, and its AUC."""
        return max(self.areas.items(), key=lambda item: item[1].value)

    def frame(self) -> pd.DataFrame:
        """Return one row a group: people, AUC and its interval."""
        import pandas as pd

        rows = [
            {"attribute": self.attribute, "group": group, "people": self.people[group],
             "auc": area.value, "low": area.low, "high": area.high}
            for group, area in self.areas.items()
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Return the AUC of each group with its interval, as an Altair chart."""
        import altair as alt

        rows = [
            {"group": group, "auc": area.value, "low": area.low, "high": area.high}
            for group, area in self.areas.items()
        ]
        base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("group:N", title=None))
        scale = alt.Scale(domain=[0.4, 1.0], clamp=True)
        chart = alt.layer(
            base.mark_rule().encode(x=alt.X("low:Q", scale=scale, title="AUC"), x2="high:Q"),
            base.mark_point(filled=True, opacity=1).encode(x=alt.X("auc:Q", scale=scale)),
        )
        assert isinstance(chart, alt.LayerChart)
        return chart

    def sentence(self) -> str:
        """Say how well the attribute is guessed, beside guessing the largest group."""
        group, area = self.worst
        return (
            f"{self.attribute} of {self.n:,} people not learned from is guessed right for "
            f"{self.right.value:.1%} ({self.right.low:.1%} to {self.right.high:.1%}); the largest "
            f"group is {self.largest.value:.1%} of them. Best told is {group}: AUC "
            f"{area.value:.3f} ({area.low:.3f} to {area.high:.3f})."
        )


def guessed(
    attribute: str, groups: Sequence[str], scores: Floats, actual: Ints, draws: int,
    generator: np.random.Generator,
) -> Proxies:  # fmt: skip
    """Measure guesses about people that nothing was learned from.

    Estimated: for each group the AUC of its scores between members and everybody else (ties one
    half); the share of people whose group has the highest score of theirs (the first of equal
    ones); the share of the sample's largest group. Intervals by drawing people again.

    Parameters
    ----------
    attribute
        Name of the attribute.
    groups
        Names of the groups, at least two.
    scores
        A score per person and group, higher where membership is likelier; shape (n, groups).
    actual
        Place of each person's group among `groups`, shape (n,).
    draws
        Bootstrap draws.
    generator
        Random stream of the draws.
    """
    members = np.arange(len(groups)) == actual[:, None]
    ties = np.zeros(len(actual), np.uint64)
    rankings = [
        Ranking.of(scores[:, g], members[:, g].astype(np.int8), ties) for g in range(len(groups))
    ]
    right = (np.argmax(scores, axis=1) == actual).astype(np.int64)
    sizes = members.sum(axis=0)
    in_largest = members[:, int(np.argmax(sizes))].astype(np.int64)

    def statistic(weights: Ints) -> Floats:
        areas = [auc(r, weights[r.order].astype(np.float64)) for r in rankings]
        total = weights.sum()
        shares = [(weights * right).sum() / total, (weights * in_largest).sum() / total]
        return np.array([*areas, *shares])

    value = statistic(np.ones(len(actual), np.int64))
    *areas, hit, most = estimates(value, bootstrap(statistic, len(actual), draws, generator))
    return Proxies(
        attribute, dict(zip(groups, sizes.tolist(), strict=True)),
        dict(zip(groups, areas, strict=True)), hit, most,
    )  # fmt: skip
