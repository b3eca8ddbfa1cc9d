"""The world's marginals beside those paper A publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.custody import published
from commonweal.simulate.custody.calibrate import auc
from commonweal.simulate.custody.quartiles import distance
from commonweal.simulate.custody.working import Working, working
from commonweal.simulate.marginals import Marginal


def marginals(data: Path, truth: Path, part: float) -> list[Marginal]:
    """Measure a world's marginals on its tables; the truth stands for the paper's linkage.

    Parameters
    ----------
    data, truth
        Folders of the agency's tables and of the truth.
    part
        The world's people as a share of the full size; counts are divided by it.
    """
    sample = working(data, truth)
    return [
        *_removed(sample), *_decided(sample), *_who(sample), *_crimes(sample),
        *distance(sample, part),
    ]  # fmt: skip


def _removed(sample: Working) -> Iterator[Marginal]:
    yield _share("duplicates", published.DUPLICATES, sample.raw - sample.cases, sample.raw)
    yield _share("still imprisoned", published.STILL_IMPRISONED, sample.unended, sample.cases)
    missing = published.MISSING_SENTENCES
    yield _share("missing sentences", missing, sample.missing, sample.sentences, guess=True)


def _decided(sample: Working) -> Iterator[Marginal]:
    table, count = sample.detainers, sample.detainers.num_rows
    detained, deported = np.asarray(table["detained"]), np.asarray(table["deported"])
    yield _share("detained", published.DETAINED, int(detained.sum()), count)
    yield _share("deported", published.DEPORTED, int(deported.sum()), count)
    left = ~deported
    again = sample.rearrested[left]
    name = "re-arrested, of those not deported"
    yield _share(name, published.REARRESTED, int(again.sum()), again.size)
    kind = table["facility_type"].cast("string").to_numpy()[left]
    rates = {"federal": published.RATE_FEDERAL, "state": published.RATE_STATE}
    for place, rate in rates.items():
        here = again[kind == place]
        yield _share(f"the same, {place} prisons", rate, int(here.sum()), here.size, guess=True)
    area = auc(sample.risk[left], again.astype(np.float64), np.ones(again.size))
    se = _auc_se(area, int(again.sum()), int((~again).sum()))
    yield Marginal("AUC of the best ranking by records", published.BEST_AUC, area, se, guess=True)


def _who(sample: Working) -> Iterator[Marginal]:
    table = sample.detainers
    year = table["issued_on"].cast("int32").to_numpy().astype("datetime64[D]")
    age = year.astype("datetime64[Y]").astype(int) + 1970 - np.asarray(table["birth_year"])
    yield Marginal("age, mean", published.AGE_MEAN, float(age.mean()), _se(age))
    yield Marginal("age, sd", published.AGE_SD, float(age.std()), _sd_se(age))
    yield from _shares(table, "gender", {"man": published.MALE})
    yield from _shares(table, "nationality", published.NATIONALITY)
    yield from _shares(table, "state", published.STATE)
    states, counts = np.unique(table["state"].cast("string").to_numpy(), return_counts=True)
    most = max(counts[~np.isin(states, list(published.STATE))]) / table.num_rows
    yield Marginal(
        "largest other state", published.OTHER_STATES_BELOW, float(most), 0.0, below=True
    )
    yield from _shares(table, "facility_type", published.FACILITY)


def _crimes(sample: Working) -> Iterator[Marginal]:
    count = sample.detainers.num_rows
    row = np.asarray(sample.crimes["row"])
    number = np.bincount(row, minlength=count)
    yield Marginal("crimes a detainer", published.CRIMES_A_CASE, float(number.mean()), _se(number))
    convicted = sample.crimes["status"].cast("string").to_numpy() == "convicted"
    category = sample.crimes["category"].cast("string").to_numpy()
    for name, share in published.CATEGORY.items():
        ever = _any(row[convicted & (category == name)], count)
        yield _share(f"convicted of {name} crime", share, int(ever.sum()), count, guess=True)
    often = np.bincount(row[convicted], minlength=count)
    for least, share in ((3, published.THREE_CRIMES), (5, published.FIVE_CRIMES)):
        name = f"convictions, {least} or more"
        yield _share(name, share, int((often >= least).sum()), count, guess=True)
    yield from _shares(sample.detainers, "priority", published.LEVEL)


def _shares(table: pa.Table, column: str, paper: Mapping[str, float]) -> Iterator[Marginal]:
    values = table[column].cast("string").to_numpy()
    for value, share in paper.items():
        name = f"{column.replace('_', ' ')}: {value}"
        yield _share(name, share, int((values == value).sum()), values.size)


def _share(name: str, paper: float, part: int, whole: int, guess: bool = False) -> Marginal:
    share = part / whole
    return Marginal(name, paper, share, float(np.sqrt(paper * (1.0 - paper) / whole)), guess)


def _any(rows: Ints, count: int) -> Mask:
    """Return which of `count` rows are named."""
    named = np.zeros(count, np.bool_)
    named[rows] = True
    return named


def _se(values: Floats | Ints) -> float:
    return float(values.std() / np.sqrt(values.size))


def _sd_se(values: Floats | Ints) -> float:
    """Return the standard error of a standard deviation, by the fourth moment."""
    squares = (values - values.mean()) ** 2
    return float(squares.std() / (2.0 * values.std() * np.sqrt(values.size)))


def _auc_se(area: float, positive: int, negative: int) -> float:
    """Return the standard error of an AUC (Hanley and McNeil 1982)."""
    first, second = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    rest = (positive - 1) * (first - area**2) + (negative - 1) * (second - area**2)
    return float(np.sqrt((area * (1.0 - area) + rest) / (positive * negative)))
