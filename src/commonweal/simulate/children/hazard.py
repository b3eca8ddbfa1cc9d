"""When reports come: the closed form that the simulation draws from and the truth is read from.

The rate of reports from a source (a family, or one child alone) on day t is::

    (rate + sum over its past reports r of  echo * k(t - r, SLOW) + follow_up * k(t - r, QUICK))
    * (the hazard ratio of every service in effect)        with k(s, tau) = exp(-s / tau) / tau

while the source can be reported. What one report sets off does not depend on who else was
reported, so that the chance of no report on a child in a window is ``exp(-H)``, H being the
integral of this rate over the family's source and the child's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from commonweal.simulate.columns import Floats, Ints, Mask

SLOW, QUICK = 240.0, 18.0
"""Days after which the share 1/e of the reports that one report sets off is still to come: those
set off within months and within weeks. Guesses."""
_SPAN = 100_000.0


@dataclass(frozen=True, slots=True)
class Last:
    """What is in effect at each source after each of its moments, in order of (source, at).

    Parameters
    ----------
    source, at
        Moments, in days since 1970-01-01.
    values
        What holds from then on, one row a moment.
    """

    source: Ints
    at: Floats
    values: Floats

    def before(self, source: Ints, at: Floats, *, included: bool) -> tuple[Floats, Floats]:
        """Return the moment and the values in effect; minus infinity and zeros where none is.

        Parameters
        ----------
        source, at
            Sources and moments asked about.
        included
            Whether a moment that equals the one asked about counts as past.
        """
        key = self.source * _SPAN + self.at
        asked = source * _SPAN + at
        place = np.searchsorted(key, asked, side="right" if included else "left") - 1
        found = (place >= 0) & (self.source[place] == source) if key.size else place >= 0
        when = np.full(source.size, -np.inf)
        values = np.zeros((source.size, self.values.shape[1]))
        when[found] = self.at[place[found]]
        values[found] = self.values[place[found]]
        return when, values


def echoes(source: Ints, at: Floats, slow: Floats, quick: Floats) -> Last:
    """Return the reports still to come from what past reports set off, after each report.

    Parameters
    ----------
    source, at
        The reports, in order of (source, at).
    slow, quick
        Reports each sets off on average, within months and within weeks.
    """
    starts = np.flatnonzero(np.diff(source, prepend=-1))
    place = np.arange(source.size) - np.repeat(starts, np.diff(starts, append=source.size))
    left = np.stack([slow, quick], axis=1)
    tau = np.array([SLOW, QUICK])
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place)) if place.size else np.zeros(0, dtype=np.int64)
    for begin, end in pairwise(ends):
        row = order[begin:end]
        gone = (at[row] - at[row - 1])[:, None]
        left[row] += left[row - 1] * np.exp(-gone / tau)
    return Last(source, at, left)


@dataclass(frozen=True, slots=True)
class Sources:
    """The state of sources, one row each, from which their reports are integrated.

    Parameters
    ----------
    rate
        Reports a day that nothing set off.
    since, left
        When the last report was, and what was then still to come of what was set off (slow,
        quick).
    opens, closes
        When the source can be reported.
    """

    rate: Floats
    since: Floats
    left: Floats
    opens: Floats
    closes: Floats

    def expected(self, start: Floats, end: Floats) -> Floats:
        """Return the integral of the rate over [start, end), no service being in effect."""
        begin = np.maximum(start, self.opens)
        stop = np.maximum(np.minimum(end, self.closes), begin)
        total: Floats = self.rate * (stop - begin)
        known = np.isfinite(self.since)
        for column, tau in enumerate((SLOW, QUICK)):
            since = np.where(known, self.since, begin)
            fading = np.exp(-(begin - since) / tau) - np.exp(-(stop - since) / tau)
            total += self.left[:, column] * fading
        return total


@dataclass(frozen=True, slots=True)
class Service:
    """A service in effect on [start, end): it multiplies the rate by `ratio`, one row each."""

    start: Floats
    end: Floats
    ratio: Floats


def integral(sources: Sources, services: list[Service], start: Floats, end: Floats) -> Floats:
    """Return the integral of the rate over [start, end) under any number of services.

    Where several are in effect their ratios multiply. The product of (1 + (ratio - 1) * in
    effect) is expanded, so that every term is an integral over one interval.
    """
    if not services:
        return sources.expected(start, end)
    one, rest = services[0], services[1:]
    inside = integral(sources, rest, np.maximum(start, one.start), np.minimum(end, one.end))
    met: Mask = np.minimum(end, one.end) > np.maximum(start, one.start)
    less = np.where(met, (one.ratio - 1.0) * inside, 0.0)
    total: Floats = integral(sources, rest, start, end) + less
    return total
