"""Three ways to treat missing lengths, side by side: a model, the median told so, left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.records.codes import day_numbers
from commonweal.records.derived import Derived, derive
from commonweal.records.derived_spec import IMPUTED, DerivedSpec, Method
from commonweal.records.spec import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What one way to treat missing lengths comes to.

    Parameters
    ----------
    method
        ``model``, ``drop`` or ``indicator``.
    people
        People kept.
    share, low, high
        Share of them whose window is not over, and its 95% interval (Wilson's).
    error
        Median absolute difference in days between projected and true end, among people whose
        length was missing; None where no truth is known of them.
    n
        How many people the error is about.
    """

    method: Method
    people: int
    share: float
    low: float
    high: float
    error: float | None
    n: int


@dataclass(frozen=True, slots=True)
class MissingComparison:
    """All three ways."""

    treatments: tuple[Treatment, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a way."""
        import pandas as pd

        names = Treatment.__slots__
        return pd.DataFrame([{n: getattr(one, n) for n in names} for one in self.treatments])

    def sentence(self) -> str:
        """Say in words how the ways differ."""
        said = []
        for one in self.treatments:
            text = f"{one.method} keeps {one.people:,} people, {one.share:.2%} not over"
            text += f" ({one.low:.2%} to {one.high:.2%})"
            if one.error is not None:
                text += f", off by {one.error:,.0f} days (median of {one.n:,})"
            said.append(text)
        return "; ".join(said) + "."


def compare_missing(
    spec: DerivedSpec, events: Mapping[str, pa.Table], sources: Mapping[str, Source],
    extracted_on: date, known_before: date, seed: int, truth: pa.Table | None = None,
) -> MissingComparison:  # fmt: skip
    """Derive with every way to treat missing lengths and compare what comes out.

    Parameters
    ----------
    spec
        What is derived; its own way to treat missing lengths is one of the three.
    events, sources, extracted_on, known_before, seed
        As for `derive`.
    truth
        ``entity_id`` and ``ends_on``, where the caller knows when the latest spells end.
    """
    found = []
    for method in get_args(Method):
        tried = replace(spec, impute=replace(spec.impute, method=method))
        got = derive(method, tried, events, sources, extracted_on, known_before, seed)
        found.append(_treatment(method, got, truth))
    return MissingComparison(tuple(found))


def _treatment(method: Method, got: Derived, truth: pa.Table | None) -> Treatment:
    kept = got.report.people - got.report.dropped
    share = got.report.not_over / max(1, kept)
    low, high = wilson(got.report.not_over, kept)
    error, n = _error(got, truth) if truth is not None else (None, 0)
    return Treatment(method=method, people=kept, share=share, low=low, high=high, error=error, n=n)


def _error(got: Derived, truth: pa.Table) -> tuple[float | None, int]:
    guessed = got.latest.filter(pc.and_(got.latest[IMPUTED], got.latest["ends_on"].is_valid()))
    place = pc.index_in(guessed["entity_id"], value_set=truth["entity_id"].combine_chunks())
    known = np.asarray(place.is_valid())
    if not known.any():
        return None, 0
    guess = day_numbers(guessed["ends_on"])[known]
    true = day_numbers(truth["ends_on"].take(place.drop_null()))
    return float(np.median(np.abs(guess - true))), int(known.sum())


def wilson(count: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a share."""
    if n == 0:
        return 0.0, 1.0
    z, share = 1.959964, count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    wide = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - wide)), min(1.0, float(middle + wide))
