from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.tables import Engine
from commonweal.records.conditions import expression, holds
from commonweal.records.spec import Condition

ROWS = 400
TEXTS = ["05A", "05B", "05", "50", "a%", "A", "aü", "'", "x_y", "5"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with DuckDB() as engine:
        yield engine


def columns(seed: int) -> pa.Table:
    """A column of each type; some values are missing."""
    rng = np.random.default_rng(seed)

    def some(values: list[Any], kind: pa.DataType) -> pa.Array:
        gone = rng.random(ROWS) < 0.2
        return pa.array([None if g else v for g, v in zip(gone, values, strict=True)], kind)

    days = [date(2020, 1, int(d)) for d in rng.integers(1, 6, ROWS)]
    return pa.table({
        "row": pa.array(range(ROWS)),
        "text": some(rng.choice(TEXTS, ROWS).tolist(), pa.string()),
        "integer": some(rng.integers(-3, 8, ROWS).tolist(), pa.int64()),
        "number": some((rng.integers(-6, 12, ROWS) / 2).tolist(), pa.float64()),
        "boolean": some((rng.random(ROWS) < 0.5).tolist(), pa.bool_()),
        "date": some(days, pa.date32()),
    })  # fmt: skip


def conditions(rng: np.random.Generator) -> list[Condition]:
    texts = tuple(rng.choice(TEXTS, 3, replace=False).tolist())
    low, high = sorted(rng.uniform(-3, 8, 2).round(1).tolist())
    found = [
        Condition(column="text", equals=texts[0]),
        Condition(column="text", any_of=texts),
        Condition(column="text", starts_with=tuple(t[:1] for t in texts)),
        Condition(column="text", starts_with=("a%",)),
        Condition(column="integer", equals=float(rng.integers(-3, 8))),
        Condition(column="integer", any_of=("1", "5", "-2")),
        Condition(column="number", equals=float(rng.integers(-6, 12)) / 2),
        Condition(column="number", any_of=("1", "2.50", "-0", "1e0")),
        Condition(column="boolean", equals=bool(rng.integers(2))),
        Condition(column="boolean", any_of=("true",)),
        Condition(column="date", equals="2020-01-03"),
        Condition(column="date", any_of=("2020-01-03", "2020-01-05")),
    ]
    for column in ("integer", "number"):
        found += [
            Condition(column=column, at_least=low),
            Condition(column=column, at_most=high),
            Condition(column=column, at_least=low, at_most=high),
            Condition(column=column, at_least=2),
        ]
    for column in ("text", "integer", "number", "boolean", "date"):
        found += [Condition(column=column, present=True), Condition(column=column, present=False)]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_arrow_and_ibis_agree(engine: Engine, seed: int) -> None:
    table = columns(seed)
    relation = engine.table(table)
    asked = conditions(np.random.default_rng(seed))
    together = relation.select(
        "row", **{f"c{i}": expression(condition, relation) for i, condition in enumerate(asked)}
    )
    answers = together.order_by("row").to_pyarrow()
    for i, condition in enumerate(asked):
        here = holds(condition, table[condition.column].combine_chunks())
        assert answers[f"c{i}"].null_count == 0
        assert answers[f"c{i}"].to_pylist() == here.tolist(), condition


CASES: list[tuple[Condition, pa.Array, list[bool]]] = [
    (Condition(column="x", equals="a"), pa.array(["a", "A", "ab", None]),
     [True, False, False, False]),
    (Condition(column="x", any_of=("a", "b")), pa.array(["b", "c", None]), [True, False, False]),
    (Condition(column="x", starts_with=("05", "1")), pa.array(["05A", "10", "5", None]),
     [True, True, False, False]),
    (Condition(column="x", at_least=2, at_most=3), pa.array([1, 2, 3, 4, None]),
     [False, True, True, False, False]),
    (Condition(column="x", at_most=0.5), pa.array([0.5, 0.6, None]), [True, False, False]),
    (Condition(column="x", equals=False), pa.array([True, False, None]), [False, True, False]),
    (Condition(column="x", equals=3), pa.array([3, 4, None]), [True, False, False]),
    (Condition(column="x", present=True), pa.array(["a", None]), [True, False]),
    (Condition(column="x", present=False), pa.array(["a", None]), [False, True]),
    (Condition(column="x", equals="2020-01-02"),
     pa.array([date(2020, 1, 2), date(2020, 1, 3), None]),
     [True, False, False]),
    (Condition(column="x", any_of=("1.0",)), pa.array([1.0, 1.5]), [True, False]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "column", "answer"), CASES)
def test_a_missing_value_fails_every_test(
    condition: Condition, column: pa.Array, answer: list[bool]
) -> None:
    assert holds(condition, column).tolist() == answer


def test_tests_are_counted_once_a_range() -> None:
    assert Condition(column="x").tests() == 0
    assert Condition(column="x", at_least=1, at_most=2).tests() == 1
    assert Condition(column="x", equals=False).tests() == 1
    assert Condition(column="x", present=False).tests() == 1
    assert Condition(column="x", equals="a", any_of=("a",), starts_with=("a",)).tests() == 3
