from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.link import Linkage, link_records
from commonweal.linkage.quality import FEWEST, count_people, estimate_quality
from linkage.city import COLUMNS, City, open_counts

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=10
)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.sampled_from([1.0, 4.0]))
def test_counts_of_each_person_are_those_of_a_loop(
    rows: list[tuple[int, int, bool]], scale: float
) -> None:
    cluster, person, hidden = (np.array([row[n] for row in rows]) for n in range(3))
    people, counts = count_people(cluster, person, hidden.astype(np.bool_), scale)
    assert people.tolist() == sorted(set(person.tolist()))
    for place, who in enumerate(people.tolist()):
        sums = dict.fromkeys(counts.__slots__, 0.0)
        for one, other in combinations(rows, 2):
            together, is_open = one[0] == other[0], one[2] or other[2]
            mine = (one[1] == who) + (other[1] == who)
            for prefix in ["every_"] + [""] * is_open:
                sums[f"{prefix}one"] += mine == 2
                sums[f"{prefix}both"] += mine == 2 and together
                sums[f"{prefix}wrong"] += scale * (mine == 1 and together) / 2
        for mine_, whose, veiled in rows:
            if whose == who and veiled:
                both = sum(r[:2] == (mine_, who) for r in rows)
                others = sum(r[0] == mine_ and r[1] != who for r in rows)
                sums["records"] += 1
                sums["cubed_precision"] += both / (both + scale * others)
                sums["cubed_recall"] += both / sum(r[1] == who for r in rows)
        assert {n: getattr(counts, n)[place] for n in sums} == pytest.approx(sums)


def test_figures_are_sums_over_drawn_people() -> None:
    cluster, person = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 0, 0, 1, 1, 2])
    _, counts = count_people(cluster, person, np.ones(6, np.bool_), 1.0)
    found = counts.figures(np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0]]))
    # Pairs: 0-1 and 3-4 are right, 3-5 and 4-5 wrong, 0-2 and 1-2 missed.
    assert found["open.precision"][0] == pytest.approx(2 / 4)
    assert found["open.recall"][0] == pytest.approx(2 / 4)
    assert found["open.f1"][0] == pytest.approx(1 / 2)
    assert found["b_cubed.recall"][0] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)
    assert found["b_cubed.precision"][0] == pytest.approx((1 + 1 + 1 + 2 / 3 + 2 / 3 + 1 / 3) / 6)
    # Twice the second person: its right pair, and half of each of its two wrong ones.
    assert found["open.precision"][1] == pytest.approx(1 / 2)
    assert found["open.recall"][1] == 1


def test_estimates_on_hidden_ids_cover_the_truth_or_are_cautious(
    city: City, linked: Linkage
) -> None:
    truth = open_counts(linked, city.person)
    figures = {m.metric: m for m in linked.quality if m.group is None}
    for name, true in (("precision", truth.precision), ("recall", truth.recall)):
        told = figures[f"linkage.open.{name}"]
        assert told.low is not None
        assert told.high is not None
        assert told.low - 0.005 <= true, "no better is promised than is true"
        assert told.low <= told.value <= told.high
        assert told.high - told.low < 0.05, "and it says something"
        assert true - told.high < 0.03


def test_groups_are_those_declared_and_large_enough(city: City, linked: Linkage) -> None:
    groups = {m.group for m in linked.quality if m.group}
    assert {"sex=F", "sex=M", "race=BLACK"} <= groups
    assert min(m.n for m in linked.quality) >= FEWEST
    parts = {m.group: m for m in linked.quality if m.metric == "linkage.open.recall"}
    whole = parts[None]
    sexes = [parts["sex=F"], parts["sex=M"]]
    assert sum(m.n for m in sexes) <= whole.n
    assert min(m.value for m in sexes) <= whole.value <= max(m.value for m in sexes)
    spec = replace(city.spec, groups=("sex",))
    rows = np.flatnonzero(city.person % 4 == 0)
    some = link_records(city.records.take(rows), spec, COLUMNS)
    assert {m.group for m in some.quality if m.group} == {"sex=F", "sex=M"}


def test_a_person_is_of_the_group_most_of_its_records_name(linked: Linkage) -> None:
    rehearsal = linked.candidates.learned.rehearsal
    assert rehearsal is not None
    person = rehearsal.practice.person
    rows = np.arange(len(person))
    order = np.lexsort((rows, person))
    nth = np.empty(len(person), np.int64)
    starts = np.flatnonzero(np.diff(person[order], prepend=-1))
    nth[order] = rows - np.repeat(starts, np.diff(np.append(starts, len(rows))))
    values = np.where(nth < 2, "first", "later").astype(object)
    values[person % 2 == 0] = None
    found = estimate_quality(rehearsal, 2.0, {"when": values}, 100, 1)
    told = {m.group: m.n for m in found if m.metric == "linkage.open.f1"}
    _, count = np.unique(person[person % 2 == 1], return_counts=True)
    # Two of three or four records are "first": only from five on "later" is commoner.
    assert told["when=first"] == int((count < 5).sum())
    assert told.get("when=later", 0) in ((count >= 5).sum(), 0)


def test_draws_follow_the_seed(linked: Linkage) -> None:
    rehearsal = linked.candidates.learned.rehearsal
    assert rehearsal is not None

    def drawn(seed: int, draws: int = 200) -> list[tuple[float | None, float | None]]:
        return [(m.low, m.high) for m in estimate_quality(rehearsal, 1.0, {}, draws, seed)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
