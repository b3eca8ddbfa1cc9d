from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.core.tables import read_table, write_table
from commonweal.simulate.columns import dates, numbered, words
from commonweal.simulate.sink import Sink

NAMES = ("one", "two", "three")


def sink(folder: Path, threads: int) -> Sink:
    for part in ("data", "truth"):
        (folder / part).mkdir(parents=True)
    return Sink(folder / "data", folder / "truth", threads)


def table(rows: int) -> pa.Table:
    return pa.table({"a": list(range(rows))})


def test_tables_and_truth_lie_apart_and_are_counted(tmp_path: Path) -> None:
    full = sink(tmp_path, 1)
    full.put("one", table(3))
    full.reveal("one", table(5))
    assert full.rows == {"one": 3, "truth/one": 5}
    assert read_table(tmp_path / "data" / "one.parquet").num_rows == 3
    assert read_table(tmp_path / "truth" / "one.parquet").num_rows == 5
    with full.step("nothing is shown"):
        pass


def test_threads_make_the_same_files(tmp_path: Path) -> None:
    for threads in (1, 3):
        full = sink(tmp_path / str(threads), threads)
        together = Barrier(threads)

        def make(name: str, full: Sink = full, together: Barrier = together) -> None:
            together.wait(10)
            full.put(name, table(len(name)))

        full.all([lambda name=name: make(name) for name in NAMES])  # type: ignore[misc]
        assert full.rows == {name: len(name) for name in NAMES}
    for name in NAMES:
        one, three = (tmp_path / n / "data" / f"{name}.parquet" for n in ("1", "3"))
        assert one.read_bytes() == three.read_bytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_makers_error_is_the_one_told(tmp_path: Path, threads: int) -> None:
    def fail(number: int) -> None:
        raise ZeroDivisionError(str(number))

    makers = [lambda number=number: fail(number) for number in range(3)]  # type: ignore[misc]
    with pytest.raises(ZeroDivisionError, match="0"):
        sink(tmp_path, threads).all(makers)


def test_steps_are_shown_by_whoever_shows_them(tmp_path: Path) -> None:
    shown: list[str] = []

    @contextmanager
    def step(name: str) -> Iterator[None]:
        shown.append(name)
        yield
        shown.append(f"end of {name}")

    with Sink(tmp_path, tmp_path, step=step).step("it"):
        assert shown == ["it"]
    assert shown == ["it", "end of it"]


@given(st.integers(0, 3_000), st.integers(0, 5))
def test_numbers_are_different_and_of_one_width(count: int, seed: int) -> None:
    ids = numbered(count, seed, "person")
    assert np.unique(ids).size == ids.size == count
    assert {len(str(number)) for number in ids} <= {8}
    assert np.array_equal(ids, numbered(count, seed, "person"))
    if count > 10:
        assert not np.array_equal(ids, np.sort(ids))
        assert not np.array_equal(ids, numbered(count, seed, "visit"))


@given(st.lists(st.tuples(st.dates(), st.booleans())))
def test_days_are_dates(days: list[tuple[object, bool]]) -> None:
    numbers = np.array([np.datetime64(day, "D").astype(np.int64) for day, _ in days], np.int64)
    missing = np.array([gone for _, gone in days], np.bool_)
    assert dates(numbers).to_pylist() == [day for day, _ in days]
    assert dates(numbers, missing).to_pylist() == [None if gone else day for day, gone in days]


@given(st.lists(st.tuples(st.integers(-2, 2), st.booleans())))
def test_codes_are_words_and_missing_ones_null(rows: list[tuple[int, bool]]) -> None:
    vocabulary = ("a", "b", "c")
    codes = np.array([code for code, _ in rows], np.int64)
    missing = np.array([gone for _, gone in rows], np.bool_)
    plain = [vocabulary[code] if code >= 0 else None for code in codes]
    assert words(codes, vocabulary).to_pylist() == plain
    assert words(codes, vocabulary, missing).to_pylist() == [
        None if gone else word for gone, word in zip(missing, plain, strict=True)
    ]


def test_words_are_the_same_bytes_whatever_lies_under_a_null(tmp_path: Path) -> None:
    missing = np.array([False, True, True])
    for number, hidden in enumerate(([0, 1, -1], [0, 0, 2])):
        column = words(np.array(hidden), ("a", "b", "c"), missing)
        write_table(pa.table({"word": column}), tmp_path / f"{number}.parquet")
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()


def test_a_code_beyond_the_vocabulary_is_refused() -> None:
    with pytest.raises((IndexError, pa.ArrowException)):
        words(np.array([0, 3]), ("a", "b", "c"))
