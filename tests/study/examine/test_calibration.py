"""Calibration within groups in a run: bins that may be shown, and what follows from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commonweal.core.results import Metric
from commonweal.evaluation.calibration import calibration as plainly
from commonweal.evaluation.overall import unsplit
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.examine.calibration import LEAST, calibration
from commonweal.study.examine.examined import Examined
from oversight.attacker import HEADLINE, small, world
from study.examine.seen import examined


def bins(metrics: tuple[Metric, ...], group: str | None) -> list[Metric]:
    return [m for m in metrics if m.metric == "calibration_within.observed" and m.group == group]


def leaks(seen: Examined, metrics: tuple[Metric, ...]) -> list[str]:
    """Everything of 1 to 10 people between any two ranks of a group that a reader knows."""
    found = []
    ranking = seen.ranking
    for name, here, cutoffs in [
        (None, np.ones(ranking.n, dtype=bool), seen.cutoffs),
        *((f"{g.attribute}={group}", g.groups == group, g.cutoffs)
          for g in seen.groupings for group in set(g.groups.tolist())),
    ]:  # fmt: skip
        at = unsplit(ranking, (0, *cutoffs, ranking.n))
        points = {(int(here[:k].sum()), int(ranking.labels[:k][here[:k]].sum())) for k in at}
        people, hits = 0, 0
        for m in bins(metrics, name):
            people, hits = people + m.n, hits + round(m.value * m.n)
            assert m.k == people
            points.add((people, hits))
        assert people == here.sum() or not bins(metrics, name)
        ends = np.array(sorted(points))
        found += [
            str(name) for counts in (ends[:, 0], ends[:, 1], ends[:, 0] - ends[:, 1])
            if small(np.abs(counts[:, None] - counts[None, :]).ravel())
        ]  # fmt: skip
    return found


@pytest.mark.parametrize("start", [0, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_small_follows_from_bins_within_groups(start: int) -> None:
    shown = 0
    for seed in range(start, start + 60):
        seen = examined(Disclosure(), world(seed), draws=2)
        if not seen.cutoffs:
            continue
        metrics = calibration(seen).metrics
        shown += len(bins(metrics, None)) > 1
        assert leaks(seen, metrics) == [], seed
    assert shown > 10


def test_bins_of_simulated_people_are_the_groups_own_quantiles() -> None:
    rule = Disclosure(exempt=True)
    seen = next(e for e in (examined(rule, world(s)) for s in range(30)) if e.ranking.n > 800)
    metrics = calibration(seen).metrics
    assert leaks(seen, metrics)
    for name, groups in seen.pooled.items():
        for group in np.unique(groups):
            here = groups == group
            wanted = max(1, min(100, int(here.sum()) // LEAST))
            alone = plainly(seen.test.labels[here], seen.scores[HEADLINE][here], bins=wanted).whole
            mine = bins(metrics, f"{name}={group}")
            assert [(m.k, m.n, m.value) for m in mine] == [
                (b.upper, b.n, b.observed.value) for b in alone.bins
            ]
            lines = [m for m in metrics if m.metric == "calibration.slope"]
            slopes = [m for m in lines if m.group == f"{name}={group}"]
            if alone.slope.value is not None:
                assert slopes[0].value == pytest.approx(alone.slope.value, abs=1e-9)
                assert slopes[0].n == here.sum()
            else:
                assert slopes == []


def test_few_hidden_scores_hide_the_line() -> None:
    hidden = 0
    for seed in range(40):
        seen = examined(Disclosure(), world(seed), draws=2)
        metrics = calibration(seen).metrics if seen.cutoffs else ()
        slopes = [m for m in metrics if m.metric == "calibration.slope" and m.group is None]
        decimals = Disclosure().areas(seen.ranking, seen.cutoffs)
        if decimals == 0:
            hidden += 1
            assert slopes == []
        elif decimals == 3:
            assert all(m.value == round(m.value, 3) for m in slopes)
    assert hidden


def test_scores_that_are_no_chances_are_not_calibrated() -> None:
    seen = examined(Disclosure(exempt=True), world(1), draws=2)
    subjects = {**seen.subjects, HEADLINE: replace(seen.subject, probability=False)}
    assert calibration(replace(seen, subjects=subjects)).metrics == ()
