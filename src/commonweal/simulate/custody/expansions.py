"""Table 2 of paper A in this world: what more detention in the farthest quartile would bring.

The rates are the truth's chances and not what an estimate would find, and there is no model: the
algorithm's row ranks by the risk that can be read off the records, the best any model can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from commonweal.core.tables import read_table
from commonweal.simulate.columns import Floats, Ints
from commonweal.simulate.custody.facilities import BIN_NAMES

QUARTILES = (3, 2, 1)
PUBLISHED = {
    "algorithm": (0.167, 0.261, 0.412),
    "officers": (0.095, 0.151, 0.239),
    "guideline": (0.079, 0.126, 0.208),
}


@dataclass(frozen=True, slots=True)
class Expansion:
    """By how much the rate falls among those remaining, as a share of it.

    Parameters
    ----------
    who
        Whose order is followed: ``algorithm``, ``officers`` or ``guideline``.
    quartile
        The quartile whose detention rate is reached in the farthest.
    paper, world
        The paper's figure and this world's. That the paper's are rates among those remaining
        is a guess.
    """

    who: str
    quartile: int
    paper: float
    world: float


def expansions(truth: Path) -> list[Expansion]:
    """Return Table 2, the mean over the nine bins."""
    columns = ["bin", "quartile", "still_imprisoned", "detained", "chance", "risk", "level"]
    people = read_table(truth / "people.parquet", columns)
    kept = people.filter(np.asarray(people["bin"].is_valid()) & ~np.asarray(people[columns[2]]))
    rates = {who: np.zeros((len(BIN_NAMES), len(QUARTILES))) for who in PUBLISHED}
    before = np.zeros(len(BIN_NAMES))
    names = kept["bin"].cast("string").to_numpy()
    for place, name in enumerate(BIN_NAMES):
        here = kept.filter(names == name)
        quartile, detained = np.asarray(here["quartile"]), np.asarray(here["detained"])
        chance = np.asarray(here["chance"])
        before[place] = chance[(quartile == 4) & ~detained].mean()
        for column, number in enumerate(QUARTILES):
            rates["officers"][place, column] = chance[(quartile == number) & ~detained].mean()
            rate = detained[quartile == number].mean()
            left = here.filter((quartile == 4) & ~detained)
            more = round(rate * (quartile == 4).sum()) - int(detained[quartile == 4].sum())
            rates["algorithm"][place, column] = _left(left, np.asarray(left["risk"]), more)
            rates["guideline"][place, column] = _left(left, -np.asarray(left["level"]), more)
    fall = {who: 1.0 - found.mean(axis=0) / before.mean() for who, found in rates.items()}
    return [
        Expansion(who, quartile, paper, float(fall[who][column]))
        for who, published in PUBLISHED.items()
        for column, (quartile, paper) in enumerate(zip(QUARTILES, published, strict=True))
    ]


def _left(people: pa.Table, score: Floats | Ints, more: int) -> float:
    """Return the rate among those left after the `more` highest; equals count in proportion."""
    chance = np.asarray(people["chance"])
    _, place, size = np.unique(-score, return_inverse=True, return_counts=True)
    taken = np.clip(max(more, 0) - (np.cumsum(size) - size), 0, size)
    weight = 1.0 - (taken / size)[place]
    return float(np.average(chance, weights=weight))
