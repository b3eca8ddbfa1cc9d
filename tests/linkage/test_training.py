from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from commonweal.core.errors import DataError
from commonweal.core.results import Severity
from commonweal.linkage.candidates import Candidates, compare_records
from commonweal.linkage.comparisons import Compared
from commonweal.linkage.link import link_records
from commonweal.linkage.spec import Columns, LinkageSpec, TrustedId
from commonweal.linkage.training import Divergence, divergences, random_pairs, random_rows, shares
from linkage.made import columns, common, declared, words

PEOPLE = 2_000
MOVES, FLIPS = 0.3, 0.1
FIELDS = declared(
    first="name", last="name", born="birth_date", town="category", hand="category"
)  # fmt: skip
SPEC = LinkageSpec(fields=FIELDS, trusted_id=TrustedId(column="id"))


def planted(unknown_moves: float = MOVES) -> pa.Table:
    """Two records a person, of half of the people with ids.

    The second record names another town with probability `MOVES`, and the other hand with
    probability `FLIPS`; where there is no id towns change with `unknown_moves`.
    """
    rng = np.random.default_rng(3)
    first, last = words(rng, 300, 3), words(rng, 900, 4)
    towns = words(rng, 20, 2)
    rows = []
    names = common(rng, first, PEOPLE), common(rng, last, PEOPLE)
    for who in range(PEOPLE):
        known = who % 2 == 0
        day = date(1950, 1, 1) + timedelta(days=int(rng.integers(0, 15_000)))
        town, hand = int(rng.integers(20)), int(rng.random() < 0.25)
        moves = MOVES if known else unknown_moves
        other = (town + int(rng.integers(1, 20))) % 20 if rng.random() < moves else town
        flipped = 1 - hand if rng.random() < FLIPS else hand
        for place, side in ((town, hand), (other, flipped)):
            rows.append({
                "first": names[0][who], "last": names[1][who], "born": day, "town": towns[place],
                "hand": "rl"[side], "id": f"i{who}" if known else None,
            })  # fmt: skip
    return columns(rows)


def compared(table: pa.Table, spec: LinkageSpec = SPEC) -> Candidates:
    return compare_records(table, spec, Columns())


@pytest.fixture(scope="module")
def found() -> Candidates:
    return compared(planted())


def of(found: Candidates, field: str) -> str:
    (column,) = [c for c, name in found.prepared.layout.title.items() if name == field]
    return column


def test_planted_agreement_of_one_persons_records_is_recovered(found: Candidates) -> None:
    m = found.learned.model.m
    pairs = PEOPLE / 2 * 0.6  # at least so many have one of their two records hidden
    assert found.learned.m_from == "known ids"
    for field, error in (("town", MOVES), ("hand", FLIPS)):
        share = float(m[of(found, field)][0])
        assert share == pytest.approx(1 - error, abs=4 * np.sqrt(error * (1 - error) / pairs))
    for field in ("first", "last", "birth date"):
        assert float(m[of(found, field)][0]) > 0.99
    for levels in m.values():
        assert np.sum(levels) == pytest.approx(1)
        assert np.min(levels) > 0


def test_planted_agreement_of_two_people_is_recovered(found: Candidates) -> None:
    u = found.learned.model.u
    table = planted()
    persons = {n // 2: row for n, row in enumerate(table.to_pylist())}
    for field in ("town", "hand", "first", "last"):
        values = np.unique([row[field] for row in persons.values()], return_counts=True)[1]
        share = float(((values / PEOPLE) ** 2).sum())
        assert float(u[of(found, field)][0]) == pytest.approx(share, rel=0.15, abs=2e-4)
    for levels in u.values():
        assert np.sum(levels) == pytest.approx(1)


def test_expectation_maximization_agrees_where_nothing_diverges(found: Candidates) -> None:
    by_field = {one.field: one for one in found.learned.divergences}
    assert {"town", "hand", "first", "last"} <= set(by_field)
    assert not any(one.diverged for one in by_field.values())
    assert "year of birth" not in by_field, "all have birth dates, so no pair is compared by year"
    for field, error in (("town", MOVES), ("hand", FLIPS)):
        assert by_field[field].em == pytest.approx(1 - error, abs=0.06)
        assert by_field[field].known == pytest.approx(1 - error, abs=0.08)


def test_a_field_that_diverges_is_refused_or_warned_of() -> None:
    table = planted(unknown_moves=1.0)
    spec = replace(SPEC, diverged="error")
    with pytest.raises(DataError) as caught:
        compared(table, spec)
    (problem,) = caught.value.problems
    assert problem.where == "linkage.fields.town"
    assert "by known ids one person's records agree in " in problem.what
    assert 'set diverged = "known"' in problem.mend
    assert compared(planted(), spec).learned.divergences
    kept = link_records(table, SPEC, Columns())
    (told,) = [f for f in kept.findings if f.code == "linkage.training"]
    assert (told.severity, told.count) == (Severity.WARN, 1)
    assert "diverges in town (" in told.message
    share = float(kept.candidates.learned.model.m[of(kept.candidates, "town")][0])
    assert share == pytest.approx(1 - MOVES, abs=0.08), "known ids decide"


def test_without_ids_expectation_maximization_decides_and_is_told_of() -> None:
    found = link_records(planted().drop_columns(["id"]), replace(SPEC, trusted_id=None), Columns())
    learned = found.candidates.learned
    assert (learned.m_from, learned.rehearsal, found.quality) == (
        "expectation maximization", None, (),
    )  # fmt: skip
    assert found.candidates.threshold.by == "expected F1"
    for field, error in (("town", MOVES), ("hand", FLIPS)):
        share = float(learned.model.m[of(found.candidates, field)][0])
        assert share == pytest.approx(1 - error, abs=0.06)
    (told,) = [f for f in found.findings if f.code == "linkage.training"]
    assert told.severity == Severity.WARN


def test_a_wrong_class_is_refused_where_no_ids_tell_better() -> None:
    """Pairs that agree on a name are all two people's: they agree less than chance elsewhere."""
    rng = np.random.default_rng(1)
    rows = []
    for n in range(600):
        kind = n % 2
        rows.append({
            "name": f"n{n // 2}", "sex": "fm"[kind], "side": "lr"[kind], "hand": "xy"[kind],
            "on": date(2000, 1, 1) + timedelta(days=int(rng.integers(9_000))),
        })  # fmt: skip
    spec = LinkageSpec(fields=declared(name="name", sex="category", side="category",
                                       hand="category"))  # fmt: skip
    with pytest.raises(DataError, match="it settled on pairs of two people") as caught:
        compared(columns(rows), spec)
    assert "declare a trusted id" in caught.value.problems[0].mend


def test_shares_are_counted_where_both_values_are_there() -> None:
    one = Compared("name", "", ("a", "b"))
    levels = np.array([[2, 2, 2, 1, 0, -1, -1]], np.int8)
    found = shares(levels, [one], 1e-4)["name"]
    assert found == pytest.approx(np.array([3.5, 1.5, 1.5]) / 6.5)


def test_a_divergence_is_what_lies_on_other_levels() -> None:
    known = {"name": np.array([0.9, 0.05, 0.05]), "sex": np.array([0.9, 0.1])}
    em = {"name": np.array([0.5, 0.45, 0.05])}
    assert divergences(known, em, {"name": "first"}) == (
        Divergence("first", 0.9, 0.5, pytest.approx(0.4)),
    )
    assert not Divergence("first", 0.9, 0.6, 0.3).diverged
    assert Divergence("first", 0.9, 0.5, 0.31).diverged


def test_random_pairs_are_of_two_rows_and_follow_the_seed() -> None:
    left, right = random_pairs(50, 4_000, 1)
    assert (left != right).all()
    assert np.bincount(np.concatenate([left, right]), minlength=50).min() > 100
    assert np.array_equal(left, random_pairs(50, 4_000, 1)[0])
    assert not np.array_equal(left[:50], random_pairs(50, 4_000, 2)[0][:50])
    rows = random_rows(30_000, 1)
    assert len(rows) == len(set(rows.tolist())) == 10_000
    assert (np.diff(rows) > 0).all()
    assert random_rows(5, 1).tolist() == [0, 1, 2, 3, 4]
