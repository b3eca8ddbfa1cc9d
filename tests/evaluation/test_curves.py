"""Figures at every cut-off: the definition, numpy's percentiles, the same bits on any threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from commonweal.core.errors import DataError
from commonweal.core.seeds import stream
from commonweal.evaluation import curves as module
from commonweal.evaluation import kernels
from commonweal.evaluation.curves import Curves, curves
from commonweal.evaluation.intervals import times_drawn
from commonweal.evaluation.people import People

Table = NDArray[np.float64]


def people(seed: int, n: int, digits: int = 2) -> tuple[NDArray[np.int8], Table]:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random(n), digits)
    return (rng.random(n) < 0.4 * scores).astype(np.int8), scores


def plainly(labels: NDArray[np.int8], scores: Table, draws: int, seed: int, more: int) -> Table:
    """Each draw's people written out, ranked anew: precision, recall, total recall; draw, k."""
    ranking = People.of(labels, scores, None, seed).ranking
    n, rows = len(labels), []
    for one in stream(seed, "curves").spawn(draws):
        times = times_drawn(n, one)
        again, hit = np.repeat(ranking.scores, times), np.repeat(ranking.labels, times)
        hits = np.empty(n)
        for k in range(1, n + 1):
            last = again[k - 1]
            above, same = again > last, again == last
            hits[k - 1] = hit[above].sum() + hit[same].sum() * ((k - above.sum()) / same.sum())
        total = hit.sum()
        with np.errstate(invalid="ignore"):
            rows.append([hits / np.arange(1, n + 1), hits / total,
                         hits / (total + more)])  # fmt: skip
    return np.asarray(rows)


@pytest.mark.parametrize(("seed", "n", "digits"), [(0, 60, 1), (1, 83, 2), (2, 40, 12)])
def test_intervals_are_numpys_percentiles_of_the_drawn_people_ranked_anew(
    seed: int, n: int, digits: int
) -> None:
    labels, scores = people(seed, n, digits)
    found = curves(labels, scores, everyone=int(labels.sum()) + 5, draws=40, seed=seed)
    rows = plainly(labels, scores, 40, seed, 5)
    bands = (found.precision, found.recall, found.total_recall)
    for i, band in enumerate(bands):
        assert band is not None
        low, high = np.nanpercentile(rows[:, i], [2.5, 97.5], axis=0)
        wide = (low < high) & (np.arange(n) < n - 1)
        assert wide.sum() > n / 2
        assert np.abs(band.low - low)[wide].max() <= 1e-15
        assert np.abs(band.high - high)[wide].max() <= 1e-15


@settings(max_examples=150, deadline=None)
@given(
    draws=st.integers(1, 60), columns=st.integers(1, 40), seed=st.integers(0, 2**32),
    kind=st.sampled_from(["whole", "any", "skewed", "same"]), missing=st.booleans(),
)  # fmt: skip
def test_percentiles_are_numpys_to_the_bit(
    draws: int, columns: int, seed: int, kind: str, missing: bool
) -> None:
    rng = np.random.default_rng(seed)
    table = {
        "whole": rng.integers(0, 6, (draws, columns)).astype(np.float64),
        "any": rng.normal(size=(draws, columns)),
        "skewed": rng.exponential(size=(draws, columns)) ** 9,
        "same": np.ones((draws, columns)),
    }[kind]
    per = rng.integers(1, 9, draws).astype(np.float64)
    if missing:
        per[rng.random(draws) < 0.3] = np.nan
    across = rng.integers(1, 9, columns).astype(np.float64)
    low, high = np.empty(columns), np.empty(columns)
    kernels.bounds(table, 0, columns, per, across, low, high)
    known = ~np.isnan(per)
    if not known.any():
        assert np.isnan([low, high]).all()
        return
    expected = np.percentile(table[known] / per[known, None] / across, [2.5, 97.5], axis=0)
    assert (low == expected[0]).all()
    assert (high == expected[1]).all()


def test_threads_chunks_and_rows_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, scores = people(3, 500)
    ids = [f"p{i}" for i in range(500)]
    first = curves(labels, scores, ids=ids, everyone=300, draws=50, threads=1)
    monkeypatch.setattr(module, "CHUNK", 37)
    mixed = np.random.default_rng(0).permutation(500)
    other = curves(labels[mixed], scores[mixed], ids=[ids[i] for i in mixed], everyone=300,
                   draws=50, threads=2)  # fmt: skip
    assert first.total_recall is not None
    assert other.total_recall is not None
    for one, two in ((first.precision, other.precision), (first.recall, other.recall),
                     (first.total_recall, other.total_recall)):  # fmt: skip
        assert one.value.tobytes() == two.value.tobytes()
        assert one.low.tobytes() == two.low.tobytes()
        assert one.high.tobytes() == two.high.tobytes()
    assert curves(labels, scores, draws=50, seed=1).precision.low.tobytes() != (
        first.precision.low.tobytes()
    )


def test_some_cut_offs_are_those_of_all() -> None:
    labels, scores = people(4, 200, 1)
    every = curves(labels, scores, draws=60)
    some = curves(labels, scores, draws=60, ks=(150, 7, 20))
    assert some.ks.tolist() == [7, 20, 150]
    for k in (7, 20, 150):
        assert some.at(k) == every.at(k)


def test_by_hand_with_ties() -> None:
    # 0.9 hit; 0.5 three people, one hit; 0.1 hit.
    found = curves([1, 0, 1, 0, 1], [0.9, 0.5, 0.5, 0.5, 0.1], everyone=6, draws=20)
    assert found.precision.value == pytest.approx([1, 4 / 6, 5 / 9, 2 / 4, 3 / 5], abs=1e-15)
    assert found.recall.value == pytest.approx([1 / 3, 4 / 9, 5 / 9, 2 / 3, 1], abs=1e-15)
    assert found.total_recall is not None
    assert found.total_recall.value == pytest.approx([1 / 6, 4 / 18, 5 / 18, 1 / 3, 1 / 2])
    assert found.worst.tolist() == [1, 1 / 2, 1 / 3, 2 / 4, 3 / 5]
    assert found.best.tolist() == [1, 1, 2 / 3, 2 / 4, 3 / 5]
    assert (found.recall.low[-1], found.recall.high[-1]) == (1, 1)
    assert found.at(2)["precision"].n == 2
    assert found.at(2)["total_recall"].n == 6


def test_nobody_and_everybody_with_the_outcome() -> None:
    none = curves([0] * 9, range(9), draws=20)
    assert np.isnan(none.recall.value).all()
    assert (none.at(5)["precision"].low, none.at(5)["recall"].low) == (0.0, None)
    assert none.at(5)["precision"].high == pytest.approx(1 - 0.025**0.2)  # Clopper-Pearson
    every = curves([1] * 9, range(9), draws=20)
    assert every.at(5)["precision"].low == pytest.approx(0.025**0.2)
    assert (every.precision.value == 1).all()
    one = curves([1], [0.3], draws=5)
    assert one.recall.value.tolist() == [1]


def test_it_is_shown_three_ways() -> None:
    labels, scores = people(5, 120)
    found: Curves = curves(labels, scores, everyone=90, draws=30)
    frame = found.frame()
    assert len(frame) == 120
    assert {"precision_low", "recall_high", "total_recall", "precision_worst"} <= set(frame)
    said = found.sentence()
    assert f"among the first {found.positives:,}" in said
    assert said.count("95% interval") == 3
    assert said.count("n = ") == 3
    assert "total recall" in str(found.plot().to_dict())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ks": (0, 3)}, "ks: go from 0 to 3"),
        ({"ks": (5,)}, "ks: go from 5 to 5"),
        ({"ks": ()}, "ks: are none"),
        ({"everyone": 1}, "everyone: is 1, fewer than the 2"),
        ({"draws": 0}, "draws: is 0"),
        ({"ids": ["a"]}, "ids: hold 1"),
    ],
)
def test_what_is_wrong_is_said_at_the_door(asked: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        curves([1, 0, 1, 0], [4, 3, 2, 1], **asked)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="hold nobody"):
        curves([], [])
    with pytest.raises(DataError, match="not a cut-off that was measured"):
        curves([1, 0], [1, 2], draws=2, ks=(1,)).at(2)
