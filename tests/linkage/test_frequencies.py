from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import combinations

import numpy as np
import pytest

from commonweal.linkage.frequencies import count_frequencies, frequent, with_frequencies
from linkage.made import PEOPLE, columns, declared, population, profiled, ready


def test_frequencies_count_people_not_records() -> None:
    rows = [
        *[{"first": "Ann", "last": "Lee", "born": date(1980, 1, 1), "id": f"i{n}"}
          for n in range(9)],
        {"first": "Bo", "last": "Lee", "born": date(1981, 1, 1), "id": "b"},
        {"first": "Cy", "last": "Day", "born": date(1982, 1, 1), "id": "c"},
    ]  # fmt: skip
    made = ready(columns(rows), declared(first="name", last="name", born="birth_date"), "id")
    database, _ = profiled(made)
    chances = count_frequencies(database, made.layout)
    title = {made.layout.title[name]: name for name in made.layout.names}
    shares = {
        column: dict(database.execute(f"SELECT {column}, share FROM frequency_{column}").fetchall())
        for column in made.layout.names
    }
    assert shares[title["first"]] == pytest.approx({"ANN": 1 / 3, "BO": 1 / 3, "CY": 1 / 3})
    assert shares[title["last"]] == pytest.approx({"LEE": 2 / 3, "DAY": 1 / 3})
    assert chances[title["last"]] == pytest.approx(1 / 3), "one of the three pairs of people"
    assert chances[title["first"]] == pytest.approx(1 / 9), "no pair agrees: one in n squared"


def test_the_chance_of_agreement_is_that_of_pairs_of_people() -> None:
    made = ready(population(150), PEOPLE)
    database, _ = profiled(made)
    found = count_frequencies(database, made.layout)
    names = made.layout.names
    held = [
        {**one, "who": (*[one[n] for n in names], one["birth"])} for one in made.table.to_pylist()
    ]
    assert set(found) == {*frequent(made.layout), "birth"}
    for column in found:
        people = sorted({(one["who"], one[column]) for one in held if one[column] is not None},
                        key=str)  # fmt: skip
        agree = [a[1] == b[1] for a, b in combinations(people, 2)]
        assert found[column] == pytest.approx(max(np.mean(agree), 1 / len(people) ** 2))
        if column in frequent(made.layout):
            shares = dict(database.execute(f"SELECT {column}, share FROM frequency_{column}")
                          .fetchall())  # fmt: skip
            counted = Counter(value for _, value in people)
            assert shares == pytest.approx({v: n / len(people) for v, n in counted.items()})


def test_values_that_were_not_seen_get_the_smallest_share() -> None:
    rows = [{"name": name, "id": str(n)} for n, name in enumerate(["a", "a", "b", "c", None])]
    made = ready(columns(rows), declared(name="name"), "id")
    visible = made.table["name0"].to_numpy(zero_copy_only=False) != "C"
    database, _ = profiled(made, visible)
    count_frequencies(database, made.layout, "seen")
    with_frequencies(database, made.layout, "profile", "made")
    shares = dict(database.execute("SELECT name0, tf_name0 FROM made").fetchall())
    # Without birth date or year the name is all there is of a person.
    assert shares == pytest.approx({"A": 1 / 2, "B": 1 / 2, "C": 1 / 2, None: None})
    count_frequencies(database, made.layout, "name0 = 'A'")
    with_frequencies(database, made.layout, "profile", "made")
    shares = dict(database.execute("SELECT name0, tf_name0 FROM made").fetchall())
    assert shares == pytest.approx({"A": 1, "B": 1, "C": 1, None: None})


def test_an_unseen_value_is_as_rare_as_one_person_among_all() -> None:
    rows = [{"name": f"n{n}", "born": date(1980, 1, 1 + n % 28)} for n in range(56)]
    rows.append({"name": "late", "born": date(1990, 1, 1)})
    made = ready(columns(rows), declared(name="name", born="birth_date"))
    visible = made.birth != made.birth.max()
    database, _ = profiled(made, visible)
    count_frequencies(database, made.layout, "seen")
    with_frequencies(database, made.layout, "profile", "made")
    shares = dict(database.execute("SELECT name0, tf_name0 FROM made").fetchall())
    assert shares["LATE"] == pytest.approx(1 / 56)
