"""Counts of a group from which its error rates follow: people, outcomes, and who was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonweal.evaluation.people import Groups, Labels
from commonweal.evaluation.ranking import Floats, Numbers

OTHERS = "everyone else"
"""The reference that is everybody but the group compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a group's measures are made of.

    Parameters
    ----------
    attribute, group
        Whose they are.
    people, positives
        How many there are, and how many of them had the outcome.
    chosen, found
        How many were chosen, and how many of these had the outcome; expectations where equal
        scores are put in order at random.
    gap, spread
        Mean of prediction less outcome, and its variance over people; None where nothing is
        predicted as a probability.
    """

    attribute: str
    group: str
    people: float
    positives: float
    chosen: float
    found: float
    gap: float | None = None
    spread: float | None = None

    def share(self, measure: str) -> tuple[float, float]:
        """Return how many, of how many, a measure is the share of."""
        wrong, missed = self.chosen - self.found, self.positives - self.found
        return {
            "selection_rate": (self.chosen, self.people),
            "false_discovery": (wrong, self.chosen),
            "false_negative": (missed, self.positives),
            "false_positive": (wrong, self.people - self.positives),
            "precision": (self.found, self.chosen),
            "recall": (self.found, self.positives),
        }[measure]

    def without(self, other: Tally) -> Tally:
        """Return the people who are not in a group of theirs."""
        n, m = self.people, other.people
        rest = replace(
            self, group=OTHERS, people=n - m, positives=self.positives - other.positives,
            chosen=self.chosen - other.chosen, found=self.found - other.found,
            gap=None, spread=None,
        )  # fmt: skip
        gaps = (self.gap, self.spread, other.gap, other.spread)
        if n - m < 2 or any(x is None for x in gaps):
            return rest
        gap, spread, theirs, spread_there = (float(x or 0.0) for x in gaps)
        mean = (n * gap - m * theirs) / (n - m)
        squares = (n - 1) * spread + n * gap**2 - (m - 1) * spread_there - m * theirs**2
        return replace(rest, gap=mean, spread=(squares - (n - m) * mean**2) / (n - m - 1))


def tallies_of(
    labels: Labels, inside: Floats, attribute: str, groups: Groups, scores: Floats | None
) -> list[Tally]:
    """Count every group of one attribute; scores only where they are probabilities."""
    names, code = np.unique(groups, return_inverse=True)
    ones = np.ones(len(code))

    def count(weights: Numbers | Labels) -> Floats:
        return np.bincount(code, weights, len(names)).astype(np.float64)

    people, positives = count(ones), count(labels)
    chosen, found = count(inside), count(inside * labels)
    counted = [
        Tally(attribute=attribute, group=str(name), people=float(people[g]),
              positives=float(positives[g]), chosen=float(chosen[g]), found=float(found[g]))
        for g, name in enumerate(names)
    ]  # fmt: skip
    if scores is None:
        return counted
    apart = scores - labels
    mean = count(apart) / people
    squares = count((apart - mean[code]) ** 2)
    return [
        replace(t, gap=float(mean[g]), spread=float(squares[g] / max(1.0, people[g] - 1)))
        for g, t in enumerate(counted)
    ]


def together(tallies: Sequence[Tally]) -> Tally:
    """Add up all groups of an attribute."""
    n = sum(t.people for t in tallies)
    total = Tally(
        attribute=tallies[0].attribute, group="", people=n,
        positives=sum(t.positives for t in tallies), chosen=sum(t.chosen for t in tallies),
        found=sum(t.found for t in tallies),
    )  # fmt: skip
    if any(t.gap is None or t.spread is None for t in tallies):
        return total
    mean = sum(t.people * (t.gap or 0.0) for t in tallies) / n
    squares = sum(
        (t.people - 1) * (t.spread or 0.0) + t.people * ((t.gap or 0.0) - mean) ** 2
        for t in tallies
    )
    return replace(total, gap=mean, spread=squares / max(1.0, n - 1))
