"""What noisy records say about a person: latest, commonest, how many different (paper C, A.3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import pyarrow as pa

from commonweal.features.cells import Cells, Ints, Layout, Values
from commonweal.features.columns import Block, Feature
from commonweal.features.kernels import sparse
from commonweal.features.past import Past
from commonweal.features.recorded import Recorded, Summary, recorded, summarized, taken
from commonweal.features.spec import AffiliationSpec, AttributesSpec

_NUMERIC = ("integer", "number")
_HOW = {"latest": "Most recent", "mode": "Commonest"}
_ABSENT = "no value is recorded"


@dataclass(frozen=True, slots=True)
class _Plan:
    """One column looked at, and what becomes of it."""

    column: str
    stem: str
    sources: tuple[str, ...]
    numeric: bool
    codes: tuple[str, ...]
    summaries: tuple[str, ...]
    category: bool
    missing: bool


def build_attributes(name: str, spec: AttributesSpec, past: Past) -> Block:
    """Build an attributes block.

    Per column: indicators of the commonest values, or their place among them, (text) or the
    value itself (numbers) for ``latest`` and ``mode``; the number of different values for
    ``distinct``; and whether the person has no value at all.
    """
    plans = []
    for column in spec.columns:
        numeric = past.history.sources[spec.sources[0]].columns[column].type in _NUMERIC
        codes = () if numeric else tuple(past.codes(name, spec.sources, column, spec.top))
        plans.append(
            _Plan(
                column, f"{spec.sources[0]}.{column}", spec.sources, numeric, codes,
                spec.summaries, spec.encode == "category", spec.missing,
            )
        )  # fmt: skip
    return _block(name, plans, past)


def build_affiliation(name: str, spec: AffiliationSpec, past: Past) -> Block:
    """Build an affiliation block: whether there is any, how many, and which was the latest."""
    wanted = "latest" in spec.summaries
    codes = tuple(past.codes(name, [spec.event], spec.column, spec.top)) if wanted else ()
    stem = f"{spec.event}.{spec.column}"
    plan = _Plan(
        spec.column, stem, (spec.event,), False, codes, spec.summaries, category=True, missing=False
    )
    return _block(name, [plan], past)


def _block(name: str, plans: Sequence[_Plan], past: Past) -> Block:
    features = tuple(feature for plan in plans for feature in _features(name, plan))
    absent = np.array([f.unit in ("value", "category") for f in features])
    layout = Layout(
        np.where(absent, np.nan, 0).astype(np.float32),
        np.arange(1, len(features) + 1, dtype=np.int32), {},
    )  # fmt: skip

    def parts() -> Iterator[Cells]:
        found = [
            recorded(past, plan.sources, plan.column, itemgetter(plan.column)) for plan in plans
        ]
        size = sum(one.size for one in found)
        streams = [summarized(one, past, size) for one in found]
        for summaries in zip(*streams, strict=True):
            columns = [
                column
                for plan, one, summary in zip(plans, found, summaries, strict=True)
                for column in _columns(plan, one, summary)
            ]
            yield Cells(*sparse(np.stack(columns, axis=1), layout.fill))

    notes: dict[str, object] = {"codes": {plan.column: list(plan.codes) for plan in plans}}
    return Block(features, layout, parts, notes, past.rows.as_of)


def _features(name: str, plan: _Plan) -> Iterator[Feature]:
    column = plan.column.replace("_", " ")
    for summary in plan.summaries:
        stem = f"{plan.stem}.{summary}"
        if summary == "distinct":
            words = f"Number of different values of {column} recorded."
            yield Feature(stem, name, words, "values")
        elif summary == "ever":
            yield Feature(stem, name, f"Any value of {column} is recorded.", "yes/no")
        elif plan.numeric:
            words = f"{_HOW[summary]} value of {column}."
            yield Feature(stem, name, words, "value", missing=_ABSENT)
        elif plan.category:
            words = f"{_HOW[summary]} value of {column}, by its place among the commonest."
            rare = "no value is recorded, or it is not among the commonest"
            yield Feature(stem, name, words, "category", missing=rare)
        else:
            for code in plan.codes:
                words = f"{_HOW[summary]} value of {column} is {code}."
                yield Feature(f"{stem}={code}", name, words, "yes/no")
    if plan.missing:
        yield Feature(f"{plan.stem}.missing", name, f"No value of {column} is recorded.", "yes/no")


def _columns(plan: _Plan, found: Recorded, summary: Summary) -> Iterator[Values]:
    there = summary.distinct > 0
    for how in plan.summaries:
        if how == "distinct":
            yield summary.distinct.astype(np.float32)
            continue
        if how == "ever":
            yield there.astype(np.float32)
            continue
        code: Ints = summary.latest if how == "latest" else summary.mode
        if plan.numeric:
            yield taken(found.values.cast(pa.float32(), safe=False).to_numpy(), code)
            continue
        place = _places(found.values, plan.codes)
        if plan.category:
            yield taken(place, code)
            continue
        mine = taken(place, code)
        for one in range(len(plan.codes)):
            yield (mine == one).astype(np.float32)
    if plan.missing:
        yield (~there).astype(np.float32)


def _places(values: pa.Array, codes: Sequence[str]) -> Values:
    """Return the place of each value among the codes, NaN where it is not one of them."""
    places = {code: place for place, code in enumerate(codes)}
    text = values.cast(pa.string()).to_pylist()
    return np.array([places.get(value, np.nan) for value in text], np.float32)
