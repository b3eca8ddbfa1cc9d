"""Lengths of time that are missing: predicted, filled with the median, or left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.core.seeds import seed_for, stream
from commonweal.records.cast import Mask
from commonweal.records.codes import Floats, Ints
from commonweal.records.derived_spec import ImputeSpec
from commonweal.records.spec import Source
from commonweal.records.spells import Spells, first_known, known_day

_MOST, _FEWEST = 100_000, 50
"""Most records a model is fitted on, drawn by the seed, and fewest; with fewer it is the median."""
_HELD_OUT = 0.2
_CATEGORIES = 250
_TREES = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """How far predicted lengths were off on records of people nobody fitted on.

    Parameters
    ----------
    n, people
        Records, and whose they are.
    error, baseline
        Mean absolute difference in days: of the model, and of the median of the other records.
    gain, low, high
        Share of the baseline's error that the model saves, and its 95% interval (people are
        what varies).
    """

    n: int
    people: int
    error: float
    baseline: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lengths:
    """The length of every spell.

    Parameters
    ----------
    days
        Days, whole, from all that is known; not a number where none is known or imputed.
    then
        The same, imputed from what was known when the spell was: what is known later neither
        changes the event nor delays it.
    fitted_on
        Records known before the day given that model or median rest on.
    held_out
        How far the model was off; None where there is none.
    """

    days: Floats
    then: Floats
    fitted_on: int
    held_out: HeldOut | None = None


@dataclass(frozen=True, slots=True)
class Factors:
    """What lengths are predicted from.

    Parameters
    ----------
    values
        One row a spell; categories are numbers from 0, missing is not a number.
    known
        Day from which each value is known, of the same shape.
    categories
        Which columns are categories.
    """

    values: Floats
    known: Ints
    categories: Mask

    def before(self, day: int | Ints) -> Floats:
        """Return the values, missing where they were not known before a day, or each its own."""
        return np.where(self.known < np.reshape(day, (-1, 1)), self.values, np.nan)


@dataclass(frozen=True, slots=True)
class Training:
    """The spells a model is fitted on, and the day before which everything must be known."""

    rows: Ints
    before: int


def impute(
    spec: ImputeSpec, found: Spells, events: Mapping[str, pa.Table],
    sources: Mapping[str, Source], of: str, known_before: date, until: date, seed: int,
) -> Lengths:  # fmt: skip
    """Give spells without a length one, as declared.

    Model and median rest on records known before `known_before` alone, and on what was known of
    them by then: nothing known on or after that day changes them. The model predicts medians
    (gradient boosting, absolute error of log(1 + days), corrected by the median residual on the
    fifth of the people held out), one thread, the same bytes every time. It sees every record
    twice: as it was known when the spell was, and with what came to be known.

    Parameters
    ----------
    spec
        What is done.
    found
        The spells.
    events, sources
        Source -> its events and its declaration.
    of
        Source of the spells.
    known_before
        The first test date.
    until
        Nothing known on or after this day is used at all.
    seed
        The study's seed.
    """
    cutoff = min(day_number(known_before), day_number(until))
    usable = np.flatnonzero(~found.missing & (found.known < cutoff))
    gaps = np.flatnonzero(found.missing)
    if spec.method == "drop" or not gaps.size or not usable.size:
        return Lengths(found.length, found.length, 0)
    if spec.method == "indicator" or usable.size < _FEWEST:
        filled = found.length.copy()
        filled[gaps] = np.round(np.median(found.length[usable]))
        return Lengths(filled, filled, usable.size)
    rng = stream(seed, "missing lengths", of)
    if usable.size > _MOST:
        usable = np.sort(rng.choice(usable, _MOST, replace=False))
    factors = factors_of(spec, found, events, sources, of, Training(usable, cutoff))
    then = factors.before(found.known + 1)
    fit = Fit(
        np.stack([factors.before(cutoff)[usable], then[usable]]),
        np.log1p(found.length[usable]), factors.categories, seed,
    )  # fmt: skip
    held, shift = _held_out(fit, found.person[usable], rng)
    predict = fit.on(np.ones(usable.size, dtype=np.bool_))

    def filled_from(values: Floats) -> Floats:
        whole = found.length.copy()
        whole[gaps] = np.round(np.maximum(np.expm1(predict(values[gaps]) + shift), 0.0))
        return whole

    known = factors.before(day_number(until))
    return Lengths(filled_from(known), filled_from(then), usable.size, held)


def factors_of(
    spec: ImputeSpec, found: Spells, events: Mapping[str, pa.Table],
    sources: Mapping[str, Source], of: str, training: Training,
) -> Factors:  # fmt: skip
    """Gather what lengths are predicted from.

    The columns named; where it is the person's first value in another source, how many days
    after the beginning that was; the age at the beginning; and how many earlier records there
    are about the person, and how many that count, as known when the spell began.
    """
    people = found.events["entity_id"].combine_chunks().unique()
    place = np.asarray(pc.index_in(found.events["entity_id"], value_set=people)).astype(np.int64)
    columns: list[tuple[Floats, Ints, bool]] = []
    for name in spec.by:
        if "." not in name:
            known = known_day(found.events, [name])
            columns.append(_numbers(found.events[name].combine_chunks(), known, training))
            continue
        first, known, occurred = first_known(events, sources, name, people)
        values = _numbers(first.take(pa.array(place)), known[place], training)
        later = (occurred[place] - found.begins).astype(np.float64)
        columns += [values, (np.where(np.isnan(values[0]), np.nan, later), known[place], False)]
    if spec.born is not None:
        first, known, _ = first_known(events, sources, spec.born, people)
        born, _, _ = _numbers(first.take(pa.array(place)), known[place], training)
        year = found.begins.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        columns.append((year - born, known[place], False))
    past = known_day(events[of], [])
    for owner, days in ((events[of]["entity_id"], past), (found.events["entity_id"], found.known)):
        columns.append((_earlier(owner, days, people, place, found.begins), found.known, False))
    return Factors(
        np.column_stack([one[0] for one in columns]),
        np.column_stack([one[1] for one in columns]),
        np.array([one[2] for one in columns]),
    )


def _earlier(
    owner: pa.ChunkedArray, known: Ints, people: pa.Array, place: Ints, begins: Ints
) -> Floats:
    """Count each spell's person's records known before it began."""
    at = np.asarray(pc.fill_null(pc.index_in(owner, value_set=people), -1)).astype(np.int64)
    kept = at >= 0
    far = 10**6  # No day is this far from 1970 on either side.
    keys = np.sort(at[kept] * 2 * far + known[kept] + far)
    start = place * 2 * far
    count = np.searchsorted(keys, start + begins + far) - np.searchsorted(keys, start)
    return np.asarray(count, dtype=np.float64)


def _numbers(column: pa.Array, known: Ints, training: Training) -> tuple[Floats, Ints, bool]:
    """Return a column as numbers, since when they are known, and whether they are categories.

    Categories are the most common ones of the training rows, as known by then; others are missing.
    """
    if pa.types.is_string(column.type):
        seen = training.rows[known[training.rows] < training.before]
        counts = pc.value_counts(column.take(pa.array(seen)).drop_null())
        table = pa.table({"value": counts.field("values"), "count": counts.field("counts")})
        table = table.sort_by([("count", "descending"), ("value", "ascending")])
        place = pc.index_in(column, value_set=table["value"][:_CATEGORIES].combine_chunks())
        numbers = place.cast(pa.float64())
    elif pa.types.is_date(column.type) or pa.types.is_boolean(column.type):
        numbers = column.cast(pa.int32()).cast(pa.float64())
    else:
        numbers = column.cast(pa.float64())
    values = np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    return values, known, pa.types.is_string(column.type)


@dataclass(frozen=True, slots=True)
class Fit:
    """Rows a model can be fitted on.

    Parameters
    ----------
    values
        Both views of every row: with what came to be known, and as known when the spell was.
    target
        log(1 + days).
    categories
        Which columns are categories.
    seed
        The study's seed.
    """

    values: Floats
    target: Floats
    categories: Mask
    seed: int

    def on(self, rows: Mask) -> Callable[[Floats], Floats]:
        """Return the function that predicts log(1 + days), fitted on some rows with one thread."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        model = HistGradientBoostingRegressor(
            loss="absolute_error", max_iter=_TREES, early_stopping=False,
            categorical_features=self.categories,
            random_state=seed_for(self.seed, "missing lengths"),
        )  # fmt: skip
        with threadpool_limits(limits=1):
            model.fit(np.concatenate(self.values[:, rows]), np.tile(self.target[rows], 2))

        def predict(values: Floats) -> Floats:
            with threadpool_limits(limits=1):
                return np.asarray(model.predict(values), dtype=np.float64)

        return predict


def _held_out(fit: Fit, person: Ints, rng: np.random.Generator) -> tuple[HeldOut | None, float]:
    """Hold a fifth of the people out: how far off the model is on them, and its median residual."""
    people, whose = np.unique(person, return_inverse=True)
    out = (rng.random(people.size) < _HELD_OUT)[whose]
    if out.sum() < 2 or (~out).sum() < _FEWEST:
        return None, 0.0
    log = fit.on(~out)(fit.values[0, out])
    truth, guess = np.expm1(fit.target[out]), np.expm1(log)
    error = np.abs(truth - guess)
    baseline = np.abs(truth - np.expm1(np.median(fit.target[~out])))
    measured = measure(error, baseline, whose[out])
    return measured, float(np.median(fit.target[out] - log))


def measure(error: Floats, baseline: Floats, person: Ints) -> HeldOut:
    """Compare two errors of the same records; people are what varies."""
    total = max(float(baseline.sum()), 1e-9)
    ratio = float(error.sum()) / total
    off = np.bincount(np.unique(person, return_inverse=True)[1], error - ratio * baseline)
    wide = 1.96 * float(np.sqrt((off**2).sum())) / total
    return HeldOut(
        n=error.size, people=off.size, error=float(error.mean()),
        baseline=float(baseline.mean()), gain=1.0 - ratio, low=1.0 - ratio - wide,
        high=1.0 - ratio + wide,
    )  # fmt: skip
