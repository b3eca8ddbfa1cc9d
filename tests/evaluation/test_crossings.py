from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.core.errors import DataError
from commonweal.evaluation.crossings import ALL, Rates, rates


def people(seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.beta(1, 4, n), int(rng.integers(1, 4)))
    groups = {
        "race": rng.choice(["A", "B", "C"], n, p=[0.6, 0.3, 0.1]),
        "sex": rng.choice(["F", "M"], n),
        "age": rng.choice(["old", "young"], n),
    }
    return (rng.random(n) < scores).astype(int), scores, groups


def value(found: Rates, metric: str, k: int | None = None, **groups: str) -> float | None:
    return next(
        (r.value for r in found.found if (r.metric, r.k, dict(r.groups)) == (metric, k, groups)),
        None,
    )


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_every_crossing_and_margin_is_counted(seed: int) -> None:
    labels, scores, groups = people(seed)
    k = int(np.random.default_rng(seed).integers(1, 300))
    found = rates(labels, scores, groups, k=k, draws=2)
    order = np.sort(scores)[::-1]
    above, at = scores > order[k - 1], scores == order[k - 1]
    chance = above + at * ((k - above.sum()) / at.sum())
    for race, sex, age in product("ABC*", "FM*", ["old", "young", "*"]):
        named = {"race": race, "sex": sex, "age": age}
        inside = np.ones(300, dtype=bool)
        for name, group in named.items():
            inside &= (groups[name] == group) | (group == "*")
        named = {name: ALL if group == "*" else group for name, group in named.items()}
        if not inside.any():
            assert value(found, "people", **named) is None
            continue
        assert value(found, "people", **named) == inside.sum()
        assert value(found, "base_rate", **named) == pytest.approx(labels[inside].mean())
        assert value(found, "mean_prediction", **named) == pytest.approx(scores[inside].mean())
        top = chance[inside].sum()
        assert value(found, "people", k, **named) == pytest.approx(top)
        if top > 0:
            precise = (chance * labels)[inside].sum() / top
            assert value(found, "precision", k, **named) == pytest.approx(precise)
            mean = (chance * scores)[inside].sum() / top
            assert value(found, "top_mean_prediction", k, **named) == pytest.approx(mean)


def test_the_order_of_rows_changes_nothing() -> None:
    labels, scores, groups = people(1)
    ids, order = [f"p{i}" for i in range(300)], np.random.default_rng(2).permutation(300)
    one = rates(labels, scores, groups, k=40, ids=ids, draws=50)
    moved = {name: column[order] for name, column in groups.items()}
    other = rates(labels[order], scores[order], moved, k=40, ids=[ids[i] for i in order], draws=50)
    assert one == other


def test_intervals_hold_the_planted_rate() -> None:
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = {"race": rng.choice(["A", "B"], 800), "sex": rng.choice(["F", "M"], 800)}
        chance = np.where((groups["race"] == "A") & (groups["sex"] == "M"), 0.3, 0.1)
        found = rates(rng.random(800) < chance, chance, groups, draws=200)
        one = next(r for r in found.found if r.name == "race=A & sex=M" and r.metric == "base_rate")
        assert one.low is not None
        assert one.high is not None
        held += one.low <= 0.3 <= one.high
    assert held >= 52


def test_what_it_says() -> None:
    labels, scores, groups = people(3)
    found = rates(labels, scores, {"race": groups["race"], "sex": groups["sex"]}, draws=50)
    assert found.sentence().startswith("By race and sex, the mean prediction lies inside")
    assert "of 6 crossings" in found.sentence()
    assert set(found.frame().columns) == {"race", "sex", "metric", "k", "value", "low", "high", "n"}
    assert found.plot().to_dict()["layer"]
    counts = rates(labels, 10 * scores, groups, draws=20)
    assert not any(r.metric == "mean_prediction" for r in counts.found)
    assert "base rate is lowest in" in counts.sentence()


def test_what_makes_no_sense_is_refused() -> None:
    labels, scores, groups = people(4)
    with pytest.raises(DataError, match="k: is 400 of 300"):
        rates(labels, scores, groups, k=400)
    with pytest.raises(DataError, match="groups of race"):
        rates(labels, scores, {"race": ["A"]})
