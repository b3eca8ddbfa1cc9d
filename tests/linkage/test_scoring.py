from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from commonweal.linkage.comparisons import comparisons
from commonweal.linkage.database import put
from commonweal.linkage.frequencies import count_frequencies, with_frequencies
from commonweal.linkage.scoring import Model, Scored, score
from linkage.made import columns, declared, profiled, ready

FIELDS = declared(first="name", last="name", born="birth_date", sex="category")
ROWS = [
    {"first": "Ann", "last": "Lee", "born": date(1980, 1, 1), "sex": "f"},
    {"first": "Ann", "last": "Lee", "born": date(1980, 1, 2), "sex": "f"},
    {"first": "Anna", "last": "Lee", "born": None, "sex": "m"},
    {"first": "Bo", "last": "Roe", "born": date(1991, 7, 8), "sex": None},
    {"first": "Bo", "last": "Day", "born": date(1970, 5, 30), "sex": "m"},
]
M = {
    "first": [0.7, 0.05, 0.1, 0.05, 0.04, 0.06], "last": [0.8, 0.1, 0.05, 0.03, 0.02],
    "birth": [0.85, 0.07, 0.03, 0.03, 0.02], "sex": [0.95, 0.05],
    "year": [0.8, 0.1, 0.05, 0.03, 0.02],
}  # fmt: skip
U = {
    "first": [0.02, 0.01, 0.05, 0.02, 0.1, 0.8], "last": [0.01, 0.02, 0.03, 0.04, 0.9],
    "birth": [0.001, 0.01, 0.02, 0.03, 0.939], "sex": [0.5, 0.5],
    "year": [0.05, 0.1, 0.15, 0.2, 0.5],
}  # fmt: skip


def scored(chunk: int = 100, least: float | None = None) -> tuple[Scored, dict[str, int], Model]:
    """Every pair of the rows, with the place of each comparison."""
    made = ready(columns(ROWS), FIELDS)
    database, _ = profiled(made)
    count_frequencies(database, made.layout)
    with_frequencies(database, made.layout, "profile", "compared")
    title = made.layout.title
    compared = comparisons(made.layout)
    names = [{"birth date": "birth", "year of birth": "year"}.get(t := title.get(c.name, c.name), t)
             for c in compared]  # fmt: skip
    assert [title[name] for name in made.layout.names] == ["first", "last"]
    m = {one.name: M[name] for one, name in zip(compared, names, strict=True)}
    u = {one.name: U[name] for one, name in zip(compared, names, strict=True)}
    left, right = np.triu_indices(len(ROWS), 1)
    pairs = pa.table({"match_key": ["0"] * len(left), "join_key_l": left.astype(np.int32),
                      "join_key_r": right.astype(np.int32)})  # fmt: skip
    put(database, "pairs", pairs)
    model = Model(compared, m, u)
    found = score(database, "compared", "pairs", model, chunk, least)
    database.close()
    return found, {name: n for n, name in enumerate(names)}, model


def test_a_weight_is_the_sum_of_log_ratios_with_term_frequencies() -> None:
    found, place, _ = scored()
    assert found.count == 10
    order = ready(columns(ROWS), FIELDS).place
    at = {row: int(np.flatnonzero(order == row)[0]) for row in range(len(ROWS))}
    weights = {
        (left, right): (weight, levels)
        for left, right, weight, levels in zip(
            found.left.tolist(), found.right.tolist(), found.weight.tolist(), found.levels.T,
            strict=True,
        )
    }  # fmt: skip

    def of(one: int, other: int) -> tuple[float, np.ndarray]:
        return weights[min(at[one], at[other]), max(at[one], at[other])]

    # Ann Lee twice, a day apart; five people: two are Ann, three Lee, two of four known women.
    shares = {"ann": 2 / 5, "lee": 3 / 5, "f": 2 / 4}
    by_hand = (
        np.log2(0.7 / shares["ann"]) + np.log2(0.8 / shares["lee"]) + np.log2(0.07 / 0.01)
        + np.log2(0.95 / shares["f"])
    )  # fmt: skip
    weight, levels = of(0, 1)
    assert weight == pytest.approx(by_hand)
    assert {name: levels[n] for name, n in place.items()} == {
        "first": 5, "last": 4, "birth": 3, "year": -1, "sex": 1,
    }  # fmt: skip
    # Ann and Anna Lee: the same start; no birth date, so no year either; woman and man.
    weight, levels = of(0, 2)
    assert levels[place["birth"]] == levels[place["year"]] == -1
    assert weight == pytest.approx(
        np.log2(0.1 / 0.05) + np.log2(0.8 / shares["lee"]) + np.log2(0.05 / 0.5)
    )
    # Nothing agrees; what is missing says nothing.
    weight, _ = of(0, 3)
    assert weight == pytest.approx(
        np.log2(0.06 / 0.8) + np.log2(0.02 / 0.9) + np.log2(0.02 / 0.939)
    )


def test_pieces_of_work_change_nothing_and_left_is_the_lower() -> None:
    whole, *_ = scored()
    for chunk in (1, 3):
        parts, *_ = scored(chunk)
        one, other = (np.lexsort((s.right, s.left)) for s in (whole, parts))
        np.testing.assert_array_equal(whole.left[one], parts.left[other])
        np.testing.assert_array_equal(whole.weight[one], parts.weight[other])
        np.testing.assert_array_equal(whole.levels[:, one], parts.levels[:, other])
    assert (whole.left < whole.right).all()


def test_hopeless_pairs_are_dropped() -> None:
    whole, *_ = scored()
    kept, *_ = scored(least=0.0)
    assert 0 < kept.count < whole.count
    assert sorted(kept.weight) == sorted(whole.weight[whole.weight >= 0])


def test_no_pairs_at_all() -> None:
    made = ready(columns(ROWS), FIELDS)
    database, _ = profiled(made)
    count_frequencies(database, made.layout)
    with_frequencies(database, made.layout, "profile", "compared")
    none = pa.array([], pa.int32())
    put(database, "pairs", pa.table({"match_key": pa.array([], pa.string()), "join_key_l": none,
                                     "join_key_r": none}))  # fmt: skip
    _, _, model = scored()
    found = score(database, "compared", "pairs", model, 10)
    assert (found.count, found.levels.shape) == (0, (len(model.compared), 0))
