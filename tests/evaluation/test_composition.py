from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from commonweal.core.errors import DataError
from commonweal.evaluation.composition import Composition, composition
from commonweal.evaluation.groups import Grouping, audit
from commonweal.evaluation.overall import Subject
from commonweal.evaluation.people import People
from commonweal.evaluation.proportions import wilson


def city(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, chance and group of those in the data, and the group of everybody with it."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(["A", "B", "C"], 2000, p=[0.5, 0.3, 0.2])
    chance = np.round(np.where(groups == "A", 0.2, 0.1) * rng.random(2000) * 2, 3)
    labels = (rng.random(2000) < chance).astype(int)
    outside = rng.choice(["B", "D"], 90)
    return labels, chance, groups, np.concatenate([groups[labels == 1], outside])


def share(found: Composition, row: str, group: str) -> float:
    return next(p.value for p in found.parts if p.row == row and p.group == group)


def test_each_row_is_counted() -> None:
    labels, chance, groups, everyone = city()
    found = composition(labels, chance, groups, k=200, everyone=everyone, draws=50)
    for group in "ABC":
        mine = groups == group
        assert share(found, "positives", group) == pytest.approx(labels[mine].sum() / labels.sum())
        assert share(found, "predicted", group) == pytest.approx(chance[mine].sum() / chance.sum())
        assert share(found, "cohort", group) == pytest.approx(mine.mean())
        assert share(found, "everyone", group) == (everyone == group).mean()
        assert share(found, "covered", group) == labels[mine].sum() / (everyone == group).sum()
    assert share(found, "covered", "D") == 0
    for row in ("everyone", "positives", "predicted", "top", "cohort"):
        assert sum(p.value for p in found.parts if p.row == row) == pytest.approx(1)
    one = next(p for p in found.parts if p.row == "covered" and p.group == "B")
    count = int(labels[groups == "B"].sum())
    assert (one.low, one.high) == wilson(count, one.n)


def test_the_shares_are_those_of_the_audit() -> None:
    labels, chance, groups, _ = city(3)
    ranking = People.of(labels, chance).ranking
    by = Grouping("group", groups[ranking.order], (150,), (0, ranking.n))
    audited = audit(
        ranking, Subject("m", date(2020, 1, 1), True, None), by, 100, np.random.default_rng(0)
    )
    found = composition(labels, chance, groups, k=150, draws=100)
    for m in (m for m in audited if m.metric.startswith("composition.")):
        row, group = m.metric.removeprefix("composition."), (m.group or "").removeprefix("group=")
        one = next(p for p in found.parts if (p.row, p.group) == (row, group))
        assert (one.value, one.n) == (pytest.approx(m.value, abs=1e-12), m.n)
        assert one.low == pytest.approx(m.low, abs=0.05)


def test_the_order_of_rows_changes_nothing() -> None:
    labels, chance, groups, everyone = city(1)
    ids, order = [str(i) for i in range(2000)], np.random.default_rng(2).permutation(2000)
    one = composition(labels, chance, groups, k=99, everyone=everyone, ids=ids, draws=20)
    other = composition(
        labels[order], chance[order], groups[order], k=99, everyone=everyone[::-1],
        ids=[ids[i] for i in order], draws=20,
    )  # fmt: skip
    assert one == other


def test_what_it_says() -> None:
    labels, chance, groups, everyone = city()
    found = composition(labels, chance, groups, k=200, everyone=everyone, draws=20)
    assert "cannot be predicted from them" in found.sentence()
    assert "D 0.0%" in found.sentence()
    assert len(found.frame()) == len(found.parts)
    assert found.plot().to_dict()["layer"]
    assert (
        "Shares of those with the outcome and of the list"
        in composition(labels, chance, groups, k=200, draws=20).sentence()
    )
    counted = composition(labels, 9 * chance, groups, draws=20)
    assert {p.row for p in counted.parts} == {"positives", "cohort"}


def test_everyone_includes_those_in_the_data() -> None:
    labels, chance, groups, everyone = city()
    with pytest.raises(DataError, match=r"everyone: holds \d+ of A, fewer than"):
        composition(labels, chance, groups, everyone=everyone[-90:])
    with pytest.raises(DataError, match="everyone: has no column race"):
        composition(labels, chance, {"race": groups}, everyone={"sex": everyone})
    with pytest.raises(DataError, match="k: is 2,001 of 2,000"):
        composition(labels, chance, groups, k=2001)
