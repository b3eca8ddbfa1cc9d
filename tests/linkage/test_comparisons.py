from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from commonweal.linkage.comparisons import comparisons
from commonweal.linkage.database import put
from commonweal.linkage.frequencies import count_frequencies, with_frequencies
from commonweal.linkage.scoring import score
from commonweal.linkage.spec import Field, TrustedId
from commonweal.linkage.training import starting
from linkage.made import columns, declared, profiled, ready

# Hundreds of other records: of two names the last one has the more values, a number is a code.
OTHERS = [
    {"middle": "XY"[n % 2], "first": f"F{n % 20}", "last": f"L{n}", "born": date(1950, 1, 1),
     "plate": f"Q{n:04d}", "sex": "f", "id": f"o{n}"}
    for n in range(220)
]  # fmt: skip
FIELDS = declared(
    middle="name", first="name", last="name", born="birth_date", met="date", plate="category",
    sex="category", street="address", number="address", year="birth_year",
)  # fmt: skip


def levels(
    *pairs: tuple[dict[str, Any], dict[str, Any]], fields: Mapping[str, Field] = FIELDS
) -> list[dict[str, int]]:
    """Level of each comparison by the field's name: 0 disagrees, -1 is missing; a row a pair."""
    table = columns([*(one for pair in pairs for one in pair), *OTHERS])
    made = ready(table, fields, TrustedId(column="id", since=date(2000, 1, 1)))
    database, found = profiled(made)
    count_frequencies(database, made.layout)
    with_frequencies(database, made.layout, "profile", "compared")
    ends = np.sort(found.of[np.argsort(made.place)][: 2 * len(pairs)].reshape(-1, 2), axis=1)
    given = pa.table({"match_key": ["0"] * len(pairs), "join_key_l": ends[:, 0].astype(np.int32),
                      "join_key_r": ends[:, 1].astype(np.int32)})  # fmt: skip
    put(database, "pairs", given)
    compared = comparisons(made.layout)
    scored = score(database, "compared", "pairs", starting(compared), 10, least=None)
    database.close()
    assert scored.count == len(pairs)
    held = {(a, b): n for n, (a, b) in enumerate(zip(scored.left, scored.right, strict=True))}
    title = made.layout.title
    names = [title.get(one.name, one.name) for one in compared]
    rows = [scored.levels[:, held[tuple(pair)]].tolist() for pair in ends.tolist()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_a_name_is_the_same_starts_the_same_slips_or_is_alike() -> None:
    cases = {
        ("Katherine", "katherine"): 4, ("Kate", "Katherine"): 3, ("Katherine", "Catherine"): 2,
        ("Bob", "Obb"): 2, ("Christiana", "Cristianna"): 1, ("Martha", "Nartah"): 0,
        ("Ann", "Zoe"): 0, ("Ann", None): -1, ("", "Ann"): -1,
    }  # fmt: skip
    for name in ("middle", "last"):  # the least and the most telling name have no swapped level
        found = levels(*(({name: one}, {name: other}) for one, other in cases))
        assert [row[name] for row in found] == list(cases.values())


def test_names_the_other_way_about_are_a_level_of_the_first_and_the_other_adds_nothing() -> None:
    def full(first: str, last: str) -> dict[str, str]:
        return {"first": first, "last": last}

    found = levels(
        (full("Ann", "Lee"), full("Lee", "Ann")), (full("Ann", "Lee"), full("Ann", "Lee")),
        (full("Lee", "Lee"), full("Lee", "Lee")), (full("Anne", "Lee"), full("Anna", "Roe")),
    )  # fmt: skip
    assert [(row["first"], row["last"]) for row in found] == [(4, -1), (5, 4), (5, 4), (3, 0)]


BORN = date(1980, 3, 12)


def test_a_date_is_the_same_slips_is_swapped_or_near() -> None:
    cases = {
        BORN: 4, date(1980, 3, 17): 3, date(1980, 12, 3): 3, date(1980, 4, 7): 2,
        date(1981, 3, 9): 1, date(1990, 3, 12): 3, date(1981, 3, 14): 0, date(1995, 7, 30): 0,
        None: -1,
    }  # fmt: skip
    found = levels(*(({"born": BORN, "met": BORN}, {"born": d, "met": d}) for d in cases))
    assert [row["birth date"] for row in found] == list(cases.values())
    assert [row["met"] for row in found] == list(cases.values())


def test_years_of_birth_count_where_birth_dates_do_not_say_it() -> None:
    cases = {0.0: 4, 0.5: 4, 1.0: 3, 2.0: 2, 3.0: 1, 3.5: 0, 20.0: 0}
    pairs = [({"year": 1980.0}, {"year": 1980 - apart}) for apart in cases]
    one_dated = [({**one, "born": BORN}, other) for one, other in pairs]
    both = [({**one, "born": BORN}, {**other, "born": BORN}) for one, other in pairs]
    missing = [({"year": 1980.0}, {"year": None})]
    found = [row["year of birth"] for row in levels(*pairs, *one_dated, *both, *missing)]
    assert found == [*cases.values(), *cases.values(), *([-1] * (len(cases) + 1))]


def test_an_address_is_the_same_or_the_same_but_for_its_numbers() -> None:
    one = {"street": "Main St.", "number": "12"}
    found = levels(
        (one, {"street": "MAIN ST", "number": "12"}), (one, {"street": "MAIN ST", "number": "13"}),
        (one, {"street": "Elm St.", "number": "12"}), (one, {"street": None, "number": None}),
    )  # fmt: skip
    assert [row["street and number"] for row in found] == [2, 1, 0, -1]


def test_a_category_is_the_same_or_not_and_a_code_may_slip() -> None:
    plate = {"plate": "AB123"}
    found = levels(
        ({"sex": "F", **plate}, {"sex": "f", **plate}), ({"sex": "F"}, {"sex": "m"}),
        (plate, {"plate": "AB132"}), (plate, {"plate": "BA132"}), (plate, {"plate": None}),
    )  # fmt: skip
    assert [row["sex"] for row in found] == [1, 0, -1, -1, -1]
    assert [row["plate"] for row in found] == [2, -1, 1, 0, -1]


def test_an_id_that_is_not_trusted_is_a_category() -> None:
    seven = {"id": "7", "middle": "a"}
    found = levels((seven, {"id": "7"}), (seven, {"id": "8"}), (seven, {"id": None}))
    assert [row["earlier id"] for row in found] == [1, 0, -1]


def test_a_single_name_has_no_other_to_be_swapped_with() -> None:
    (row,) = levels(({"last": "Ann"}, {"last": "Ann"}), fields=declared(last="name"))
    assert row == {"last": 4, "earlier id": -1}
