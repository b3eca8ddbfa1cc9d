"""Bins, prisons and distance quartiles of a working sample, as in paper A, section 5.2."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from commonweal.simulate.columns import Floats, Ints
from commonweal.simulate.custody import published
from commonweal.simulate.custody.calibrate import auc
from commonweal.simulate.custody.working import Working
from commonweal.simulate.marginals import Marginal


def distance(sample: Working, part: float) -> Iterator[Marginal]:
    """Measure the bins, their distance quartiles and the gaps between these.

    People are counted as at full size, of which the sample's world is `part`.
    """
    table = sample.detainers
    held = np.flatnonzero(np.asarray(table["bin"].is_valid()))
    names = table["bin"].cast("string").to_numpy()[held].astype(str)
    prison = np.asarray(table["facility_id"])[held]
    miles = np.asarray(table["miles_to_office"])
    detained = np.asarray(table["detained"])
    bins = np.unique(names)
    prisons = [np.unique(prison[names == name]).size for name in bins]
    yield Marginal("bins", published.BINS, float(bins.size), 0.0)
    yield Marginal(
        "prisons a bin", published.PRISONS / published.BINS, float(np.mean(prisons)), 0.0
    )
    inmates, expected = held.size / bins.size / part, published.INMATES_A_BIN
    se = float(np.sqrt(expected / part / bins.size))
    yield Marginal("inmates a bin", expected, inmates, se)
    quartile = np.zeros(held.size, np.int64)
    for system, cuts in published.CUTOFFS.items():
        here = np.char.startswith(names, "federal") == (system == "federal")
        edges = np.quantile(miles[held][here], (0.25, 0.5, 0.75))
        for number, (cut, edge) in enumerate(zip(cuts, edges, strict=True), 1):
            name = f"miles between Q{number} and Q{number + 1}, {system}"
            yield Marginal(name, cut, float(edge), 0.0)
        quartile[here] = 1 + np.searchsorted(np.array(cuts), miles[held][here])
    yield from _gaps(detained[held].astype(np.float64), quartile, prison)
    area = auc(-miles, detained.astype(np.float64), np.ones(miles.size))
    yield Marginal("AUC of detention by nearness", published.DISTANCE_AUC, area, 0.0, guess=True)


def _gaps(detained: Floats, quartile: Ints, prison: Ints) -> Iterator[Marginal]:
    """Return how much detention rates exceed that of Q4; standard errors are by prison."""
    rate, error = np.zeros(5), np.zeros(5)
    for number in (1, 2, 3, 4):
        here = quartile == number
        rate[number] = detained[here].mean()
        units, place = np.unique(prison[here], return_inverse=True)
        total = np.bincount(place, detained[here] - rate[number])
        few = units.size / (units.size - 1.0)
        error[number] = np.sqrt(few * float(total @ total)) / here.sum()
    for number, gap in zip((1, 2, 3), published.GAPS, strict=True):
        se = float(np.hypot(error[number], error[4]))
        yield Marginal(f"detained, Q{number} less Q4", gap, float(rate[number] - rate[4]), se)
