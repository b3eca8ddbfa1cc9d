"""Scorecards on test people: by ranges of scores, the chance on the card and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from commonweal.core.results import Finding, Metric, Severity
from commonweal.evaluation.proportions import wilson
from commonweal.models.scorecard.card import Card
from commonweal.models.scorecard.fitted import FILE, card_of
from commonweal.models.spec import ScorecardSpec
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.examined import Examined

LEAST = 30
"""People a range of scores holds at least, where there are so many."""
_DECIMALS = 3


def cards(seen: Examined) -> Evaluated:
    """Measure the calibration of every scorecard, by ranges of scores.

    Publishes ``card.observed`` (Wilson's interval); ``card.from`` and ``card.to``, the lowest and
    the highest score of a range; and ``card.chance_from`` and ``card.chance_to``, their chances;
    k is the rank down to which a range reaches, n its people. Ranges of real people end where
    the ranking's published cut-offs give the ends of blocks of equal scores away: so each holds
    nobody or more than ten by outcome, and nothing is told that is not told already. No mean of
    chances over people is published, as it would tell how many have which score; and chances are
    rounded to a tenth of a percent, as the line behind them, known exactly, would tell as much of
    the people learned from.
    Neighbouring ranges are put together until each holds `LEAST` people.
    The chance of a range is the mean of its scores' chances, no matter how many have which: a
    mean over people would tell how many.
    """
    found: list[Metric] = []
    said: list[Finding] = []
    for name, spec in seen.shop.study.spec.models.items():
        if isinstance(spec, ScorecardSpec) and name in seen.shown:
            kept: Any = seen.extras[f"models/{name}"].json(FILE)
            mine = list(_ranges(seen, name, card_of(kept)))
            found += mine
            said.append(_held(name, mine))
    return Evaluated(tuple(found), tuple(said))


def _held(name: str, found: Sequence[Metric]) -> Finding:
    """Hold the chances on the card against what happened, over everybody."""
    people = {m.k: m.n for m in found}
    n = sum(people.values())
    least, most, share = (
        sum(m.value * m.n for m in found if m.metric == f"card.{figure}") / n
        for figure in ("chance_from", "chance_to", "observed")
    )
    low, high = wilson(share * n, n)
    message = (
        f"By the card of {name} between {least:.1%} and {most:.1%} would have had the outcome; "
        f"{share:.1%} had it (95% interval {low:.1%} to {high:.1%}, n = {n:,})."
    )
    severity = Severity.PASS if least <= high and low <= most else Severity.WARN
    return Finding(code="evaluation.card", severity=severity, message=message, where=name)


def _ranges(seen: Examined, name: str, card: Card) -> Iterator[Metric]:
    ranking, cutoffs = seen.shown[name]
    totals, chances = card.totals, card.chances
    scores = totals[np.searchsorted(chances, ranking.scores)]
    edges = _apart(seen.shop.study.disclosure.edges(ranking, cutoffs))
    high = int(totals[-1])
    for upper, lower in pairwise(edges):
        low = int(scores[lower - 1]) if lower < ranking.n else int(totals[0])
        n, hits = lower - upper, int(ranking.labels[upper:lower].sum())
        inside = chances[(totals >= low) & (totals <= high)]
        least, most = wilson(hits, n)
        about: dict[str, Any] = {"n": n, "k": lower, "model": name, "as_of": seen.test.as_of}
        yield Metric(metric="card.observed", value=hits / n, low=least, high=most, **about)
        ends = {"from": low, "to": high, "chance_from": inside[0], "chance_to": inside[-1]}
        for figure, value in ends.items():
            yield Metric(metric=f"card.{figure}", value=round(float(value), _DECIMALS), **about)
        high = low - 1


def _apart(edges: Sequence[int]) -> list[int]:
    """Leave out edges until neighbours are at least `LEAST` people apart, from the top down."""
    kept, last = [edges[0]], edges[-1]
    for edge in edges[1:-1]:
        if edge - kept[-1] >= LEAST and last - edge >= LEAST:
            kept.append(edge)
    return [*kept, last]
