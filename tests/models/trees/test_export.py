"""An exported tree sends every row where the tree does, to the bit."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.models.trees.export import tree_python, tree_sql
from commonweal.models.trees.rules import Words, joined, rules
from commonweal.models.trees.tree import Tree
from core.engines.servers import server_of_tests
from models.trees.growing import NAMES, grown, rows

WORDS = Words({"age": "Age\n); DROP TABLE features; --"}, {"site": ("'; x", '"', "*/")})


def regions(tree: Tree, values: np.ndarray) -> list[int]:
    return np.searchsorted(tree.leaves, tree.apply(values)).tolist()


def made(text: str) -> Mapping[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(text, "exported", "exec"), space)
    return space


def in_duckdb(text: str, columns: Mapping[str, pa.Array]) -> tuple[list[int], list[float]]:
    with duckdb.connect() as database:
        held = pa.table({"row": pa.array(range(len(columns[NAMES[0]]))), **columns})
        database.register("features", held)
        found = database.sql(f"SELECT leaf, chance FROM ({text}) AS t ORDER BY row").fetchall()
    return [leaf for leaf, _ in found], [chance for _, chance in found]


def columns(values: np.ndarray, kind: pa.DataType, null: bool) -> dict[str, pa.Array]:
    return {
        name: pa.array(values[:, i].astype(kind.to_pandas_dtype()), kind, from_pandas=null)
        for i, name in enumerate(NAMES)
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 7))
def test_python_is_the_tree(seed: int, depth: int) -> None:
    tree, values = grown(seed, depth), rows(seed + 1, 2000)
    space = made(tree_python(tree, WORDS))
    asked = [
        {name: None if np.isnan(x) and place % 2 else x
         for place, (name, x) in enumerate(zip(NAMES, row, strict=True))}
        for row in values.tolist()
    ]  # fmt: skip
    assert [space["region"](row) for row in asked] == regions(tree, values)
    assert [space["chance"](row) for row in asked] == tree.predict(values).tolist()
    assert space["RULES"] == tuple(joined(r) for r in rules(tree, WORDS))


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False) | st.floats(-1e-37, 1e-37) | st.floats(3e38, 4e38))
def test_python_rounds_to_32_bits_as_numpy_does(value: float) -> None:
    space = made(tree_python(grown(1), single=True))
    with np.errstate(over="ignore"):
        assert space["_value"]({"x": value}, "x") == float(np.float32(value))


@pytest.mark.parametrize("seed", range(12))
def test_python_of_wider_numbers_sees_what_a_study_sees(seed: int) -> None:
    tree, values = grown(seed), rows(seed, 1000)
    wide = values.astype(np.float64) * (1 + 1e-9)
    space = made(tree_python(tree, single=True))
    found = [space["region"](dict(zip(NAMES, row, strict=True))) for row in wide.tolist()]
    assert found == regions(tree, wide.astype(np.float32))


def test_python_needs_nothing_but_math() -> None:
    parsed = ast.walk(ast.parse(tree_python(grown(3), WORDS, single=True)))
    assert [[n.name for n in one.names] for one in parsed if isinstance(one, ast.Import)] == [
        ["math"]
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 7), st.booleans(), st.booleans())
def test_duckdb_is_the_tree(seed: int, depth: int, single: bool, null: bool) -> None:
    tree, values = grown(seed, depth), rows(seed + 1, 2000)
    kind = pa.float32() if single else pa.float64()
    leaves, chances = in_duckdb(tree_sql(tree, words=WORDS), columns(values, kind, null))
    assert leaves == regions(tree, values)
    assert chances == tree.predict(values).tolist()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kept", ["parquet", "table"])
def test_duckdb_does_not_answer_from_the_ends_of_a_column(
    seed: int, kept: str, tmp_path: Path
) -> None:
    """What DuckDB stores of a column's ends leaves NaN out."""
    tree, values = grown(seed), rows(seed, 2000, infinite=False)
    above = np.where(np.arange(2000) % 2, np.float32(2e9), np.float32(3e9))
    for place in (NAMES.index("age"), NAMES.index("distance")):
        known = ~np.isnan(values[:, place])  # all on one side of every split
        values[known, place] = above[known]
    held = pa.table({"row": np.arange(2000), **columns(values, pa.float32(), null=False)})
    pq.write_table(held, tmp_path / "f.parquet")
    how = "VIEW" if kept == "parquet" else "TABLE"
    with duckdb.connect() as database:
        database.execute(f"CREATE {how} features AS FROM '{tmp_path / 'f.parquet'}'")
        text = tree_sql(tree)
        found = database.sql(f"SELECT leaf FROM ({text}) AS t ORDER BY row").fetchall()
    assert [leaf for (leaf,) in found] == regions(tree, values)


@pytest.mark.parametrize("seed", range(8))
def test_duckdb_rounds_wider_numbers_where_a_study_does(seed: int) -> None:
    tree, values = grown(seed), rows(seed, 2000)
    wide = values.astype(np.float64) * (1 + 1e-9)
    held = columns(wide, pa.float64(), null=False)
    leaves, _ = in_duckdb(tree_sql(tree, single=True), held)
    assert leaves == regions(tree, wide.astype(np.float32))


@pytest.mark.parametrize("seed", range(4))
def test_without_nan_the_query_knows_no_such_number(seed: int) -> None:
    tree, values = grown(seed), rows(seed, 2000)
    text = tree_sql(tree, nan=False)
    assert "nan" not in text.lower()
    leaves, _ = in_duckdb(text, columns(values, pa.float32(), null=True))
    assert leaves == regions(tree, values)


def test_other_chances_are_written_and_counted() -> None:
    tree, values = grown(5), rows(5, 200)
    count = len(tree.leaves)
    mine = [i / 64 for i in range(count)]
    _, found = in_duckdb(tree_sql(tree, chances=mine), columns(values, pa.float32(), null=True))
    assert found == [mine[leaf] for leaf in regions(tree, values)]
    with pytest.raises(ValueError, match=f"1 chances for {count} leaves"):
        tree_python(tree, chances=[0.5])


def test_postgres_is_the_tree() -> None:
    with server_of_tests() as url, psycopg.connect(url) as connection:
        kinds = ("REAL", "DOUBLE PRECISION")
        for seed, kind, single in [(1, kinds[0], False), (2, kinds[1], False), (3, kinds[1], True)]:
            tree, values = grown(seed, 6), rows(seed, 2000)
            quoted = ['"' + name.replace('"', '""') + '"' for name in NAMES]
            types = ", ".join(f"{name} {kind}" for name in quoted)
            connection.execute(f"CREATE TEMP TABLE features (row_number INT, {types})")
            with connection.cursor().copy("COPY features FROM STDIN") as copy:
                for place, row in enumerate(values.tolist()):
                    # Half of what is missing is NULL, half NaN.
                    copy.write_row([place, *(None if x != x and place % 2 else x for x in row)])
            text = tree_sql(tree, words=WORDS, single=single)
            found = connection.execute(
                f"SELECT leaf, chance FROM ({text.encode().decode()}) AS t ORDER BY row_number"
            ).fetchall()
            assert [leaf for leaf, _ in found] == regions(tree, values)
            assert [chance for _, chance in found] == tree.predict(values).tolist()
            connection.execute("DROP TABLE features")
