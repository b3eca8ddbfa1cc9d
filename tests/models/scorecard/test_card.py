"""A card: what is printed is what is predicted, and nothing it should not depend on moves it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.core.errors import StudyError
from commonweal.features.cells import Values
from commonweal.models.data import Labels, Sample
from commonweal.models.registry import fit, load
from commonweal.models.scorecard import offered
from commonweal.models.scorecard.card import Card
from commonweal.models.scorecard.fit import fit_scorecard
from commonweal.models.scorecard.fitted import ScorecardModel
from commonweal.models.scorecard.words import Called, Words
from commonweal.models.spec import ScorecardSpec
from models.memory import InMemory, sample_of
from models.scorecard.printed import by_hand, chance_by_hand
from models.test_models import NAMES, data, sample, saved, values_of

SPEC = ScorecardSpec(kind="scorecard", min_rows=20)
COLUMNS = ("priors", "age", "felony", "charge", "score")
CHARGES = ("theft", "fraud", "other")
WORDS = Words({
    "priors": Called("Number of prior arrests"), "felony": Called("Charged with: a felony"),
    "charge": Called("Charge", CHARGES),
})  # fmt: skip


def drawn(seed: int, n: int = 4000) -> tuple[Values, Labels]:
    rng = np.random.default_rng(seed)
    values = np.column_stack([
        rng.poisson(2, n), rng.integers(18, 70, n), rng.random(n) < 0.4, rng.integers(0, 3, n),
        rng.normal(0, 1, n),
    ]).astype(np.float32)  # fmt: skip
    odds = (
        -1 + 0.4 * np.minimum(values[:, 0], 4) - 0.04 * (values[:, 1] - 30) + 0.8 * values[:, 2]
        + 0.9 * (values[:, 3] == 1) + 0.5 * values[:, 4]
    )  # fmt: skip
    odds = odds + 0.9 * (rng.random(n) < 0.15)
    labels = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    gaps = rng.random((n, 5)) < [0, 0.1, 0.05, 0.1, 0]
    # A value that is missing says something of its own.
    labels[gaps[:, 1]] |= (rng.random(int(gaps[:, 1].sum())) < 0.8).astype(np.int8)
    values[gaps] = np.nan
    return values, labels


def learned(values: Values, labels: Labels, spec: ScorecardSpec = SPEC, **more: object) -> Card:
    rows = sample_of(values, labels, COLUMNS, ("charge",))
    return fit_scorecard(spec, rows, (3,), **more).card  # type: ignore[arg-type]


def test_points_added_up_by_hand_are_what_is_predicted_for_a_thousand_people() -> None:
    card = learned(*drawn(0))
    printed = card.text(WORDS)
    values, _ = drawn(1, 1000)
    points, chances = card.points(values), card.predict(values)
    for row, score, chance in zip(values, points, chances, strict=True):
        known = [float(str(x)) for x in row]  # as it would be printed
        charge = known[3] if np.isnan(known[3]) else CHARGES[int(known[3])]
        record = {
            "Number of prior arrests": known[0], "age": known[1], "Charge": charge,
            "Charged with: a felony": known[2], "score": known[4],
        }  # fmt: skip
        assert by_hand(printed, record) == score
        assert chance_by_hand(printed, int(score)) == pytest.approx(chance, abs=0.00051)
    assert {"not recorded", "yes"} <= {line.rpartition(": ")[2] for line in printed.splitlines()}
    assert "on top of the line above" in printed
    assert "Charge: fraud" in printed
    assert len(set(points.tolist())) > 10


def test_chances_never_fall_and_nobody_has_a_score_that_is_not_listed() -> None:
    card = learned(*drawn(0))
    assert (np.diff(card.chances) >= 0).all()
    assert set(card.points(drawn(3)[0]).tolist()) <= set(card.totals.tolist())
    assert max(abs(item.points) for item in card.items) <= 5


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_card_is_found_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = (rng.random((60_000, 12)) < rng.uniform(0.2, 0.6, 12)).astype(np.float32)
    planted = {0: 5, 3: 3, 4: -2, 8: -4, 11: 1}
    score = sum(points * values[:, place] for place, points in planted.items())
    odds = -1.0 + 0.45 * np.asarray(score)
    labels = (rng.random(60_000) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    rows = sample_of(values, labels, tuple(f"x{i}" for i in range(12)))
    card = fit_scorecard(SPEC, rows, ()).card
    assert {item.place: item.points for item in card.items} == planted
    assert card.slope == pytest.approx(0.45, rel=0.05)
    assert card.intercept == pytest.approx(-1.0, abs=0.06)


def test_neither_order_of_rows_nor_threads_nor_chunks_change_a_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values, labels = drawn(0, 9000)
    card = learned(values, labels)
    order = np.random.default_rng(1).permutation(9000)
    assert learned(values[order], labels[order]) == card
    assert learned(values, labels, threads=2) == card
    monkeypatch.setattr("commonweal.models.data.CHUNK", 1000)
    assert learned(values, labels) == card


def test_a_weight_is_that_many_rows() -> None:
    values, labels = drawn(0, 2000)
    times = np.random.default_rng(1).integers(0, 4, 2000)
    repeated = learned(np.repeat(values, times, axis=0), np.repeat(labels, times))
    assert learned(values, labels, weights=times.astype(np.float64)) == repeated


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31), flips=st.lists(st.booleans(), min_size=5, max_size=5),
    items=st.integers(1, 12), points=st.integers(1, 10),
)  # fmt: skip
def test_items_keep_the_sign_they_are_held_to(
    seed: int, flips: list[bool], items: int, points: int
) -> None:
    values, labels = drawn(seed, 600)
    up = tuple(name for name, flip in zip(COLUMNS, flips, strict=True) if flip)
    down = tuple(name for name in COLUMNS if name not in up)
    spec = ScorecardSpec(
        kind="scorecard", min_rows=10, items=items, points=points, positive=up, negative=down
    )
    card = learned(values, labels, spec)
    assert len(card.items) <= items
    for item in card.items:
        assert 1 <= (item.points if item.column in up else -item.points) <= points
    # A larger number never moves a chance against its sign.
    people, _ = drawn(seed + 1, 50)
    for place in (0, 1, 4):
        more = people.copy()
        more[:, place] += 3
        moved = card.predict(more) - card.predict(people)
        assert ((moved >= 0) if COLUMNS[place] in up else (moved <= 0)).all()


def test_a_column_of_either_sign_at_once_is_refused() -> None:
    spec = ScorecardSpec(kind="scorecard", positive=("pri*",), negative=("priors",))
    with pytest.raises(StudyError, match="priors is named by positive and by negative"):
        learned(*drawn(0, 300), spec)


def test_few_rows_and_missing_values_are_asked_about_only_where_allowed() -> None:
    values, labels = drawn(0)
    for card, least in ((learned(values, labels), 20), (learned(values, labels, ScorecardSpec(
        kind="scorecard", min_rows=900, ask_missing=False)), 900)):  # fmt: skip
        for item in card.items:
            true = int(item.holds(values).sum())
            assert item.held == true
            assert min(true, len(values) - true) >= least
    assert {i.test for i in card.items}.isdisjoint({"missing"})
    assert "missing" in {i.test for i in learned(values, labels).items}


def test_where_nothing_tells_the_card_is_empty_and_gives_the_base_rate() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 5)).astype(np.float32)
    values[:, 3] = 1
    labels = (np.arange(500) % 5 == 0).astype(np.int8)
    model = fit_scorecard(SPEC, sample_of(values, labels, COLUMNS, ("charge",)), (3,))
    assert model.card.items == ()
    assert model.predict(values) == pytest.approx(0.2, abs=0.002)  # Platt's targets are smoothed
    assert model.importance().tolist() == [0.0] * 5
    assert model.card.totals.tolist() == [0]


def test_columns_that_tell_least_by_themselves_are_left_out_of_too_wide_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values, labels = drawn(0, 1000)
    wide = np.hstack([np.random.default_rng(0).normal(size=(1000, 30)).astype(np.float32), values])
    names = (*(f"noise{i}" for i in range(30)), *COLUMNS)
    rows = sample_of(wide, labels, names, ("charge",))
    whole = fit_scorecard(SPEC, rows, (33,)).card
    monkeypatch.setattr(offered, "CELLS", 6000)
    some = fit_scorecard(SPEC, rows, (33,)).card
    assert {i.column for i in some.items} >= {i.column for i in whole.items} & set(COLUMNS)
    assert len({i.column for i in some.items}) <= 6
    monkeypatch.setattr(offered, "CELLS", 1000)
    assert len({i.column for i in fit_scorecard(SPEC, rows, (33,)).card.items}) == 1
    matrix = rows.matrix
    assert isinstance(matrix, InMemory)
    assert matrix.most <= 8192


def test_saved_and_read_again(tmp_path: Path) -> None:
    model = fit(SPEC, data(), 7, 1)
    assert isinstance(model, ScorecardModel)
    files = saved(model, tmp_path / "a")
    again = load(SPEC, tmp_path / "a", NAMES)
    assert again == model
    assert again.probability
    values = values_of(sample(2))
    assert again.predict(values).tobytes() == model.predict(values).tobytes()
    assert saved(again, tmp_path / "b") == files == saved(fit(SPEC, data(), 8, 2), tmp_path / "c")
    chance, moved = again.predict(values), again.contributions(values).sum(axis=1)
    assert np.log(chance / (1 - chance)) - moved == pytest.approx(model.card.intercept, abs=1e-9)
    assert again.importance().argmax() == 0
    assert again.importance().sum() == pytest.approx(1.0)


def test_a_row_alone_scores_as_among_others() -> None:
    model = fit(SPEC, data(), 7, 1)
    values = values_of(sample(2, 50))
    alone = np.concatenate([model.predict(values[i : i + 1]) for i in range(50)])
    assert alone.tobytes() == model.predict(values).tobytes()


def test_rounding_loses_little_of_the_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    values, labels = drawn(0)
    card = learned(values, labels)
    design = np.column_stack([item.holds(values) for item in card.items])
    exact = LogisticRegression(C=np.inf).fit(design, labels).predict_proba(design)[:, 1]

    def loss(p: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return float(-np.mean(np.where(labels == 1, np.log(p), np.log1p(-p))))

    rate = np.full(len(labels), labels.mean())
    assert loss(card.predict(values)) - loss(exact) < 0.01 * (loss(rate) - loss(exact))


@pytest.mark.parametrize(("seed", "up", "items", "points"), [
    (1547126598, ("age", "charge"), 1, 6), (90, ("age",), 4, 9),
])  # fmt: skip
def test_points_that_lose_alike_do_not_chase_each_other(
    seed: int, up: tuple[str, ...], items: int, points: int
) -> None:
    down = tuple(name for name in COLUMNS if name not in up)
    spec = ScorecardSpec(
        kind="scorecard", min_rows=10, items=items, points=points, positive=up, negative=down
    )
    card = learned(*drawn(seed, 600), spec)
    assert 1 <= len(card.items) <= items
    if len(card.items) == 1:
        assert abs(card.items[0].points) == 1


def test_sample_is_a_sample() -> None:
    values, labels = drawn(0, 1000)
    rows = sample_of(values, labels, COLUMNS, ("charge",))
    some = Sample(rows.matrix, np.arange(0, 1000, 2), labels[::2])
    card = fit_scorecard(SPEC, some, (3,)).card
    assert card == learned(values[::2], labels[::2])
