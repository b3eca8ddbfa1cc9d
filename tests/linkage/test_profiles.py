from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.profiles import compared
from commonweal.linkage.spec import Columns, TrustedId
from linkage.made import columns, declared, profiled, ready

FIELDS = declared(first="name", last="name", born="birth_date", sex="category")
SINCE = TrustedId(column="id", since=date(2010, 1, 1))
ON = Columns(occurred_on="on")
DAY = date(1980, 1, 1)


def grouped(rows: list[dict[str, Any]]) -> list[int]:
    made = ready(columns(rows), FIELDS, SINCE, ON)
    database, found = profiled(made)
    database.close()
    whose = np.empty(len(rows), np.int64)
    whose[made.place] = found.of
    return whose.tolist()


def row(**given: Any) -> dict[str, Any]:
    usual = {"first": "Ann", "last": "Lee", "born": DAY, "sex": "f", "id": None,
             "on": date(2012, 1, 1)}  # fmt: skip
    return {**usual, **given}


def test_equal_records_are_one_profile_only_where_they_are_surely_one_persons() -> None:
    assert len(set(grouped([row(), row()]))) == 1
    assert len(set(grouped([row(born=None), row(born=None), row()]))) == 3
    assert len(set(grouped([row(first=None), row(first=None), row()]))) == 3
    assert len(set(grouped([row(born=None, id="1"), row(born=None, id="1"), row()]))) == 2
    assert len(set(grouped([row(id="1"), row(id="2")]))) == 2
    early = row(born=None, id="1", on=date(2000, 1, 1))
    assert len(set(grouped([early, early, row(born=None)]))) == 2, "an earlier id will do"
    assert len(set(grouped([row(), row(sex=None)]))) == 2


ROWS = st.lists(
    st.fixed_dictionaries({
        "first": st.sampled_from(["a", "b", None]), "last": st.sampled_from(["c", None]),
        "born": st.sampled_from([DAY, date(1980, 1, 2), None]), "sex": st.sampled_from(["f", None]),
        "id": st.sampled_from(["1", "2", None, None]),
        "on": st.sampled_from([date(2009, 1, 1), date(2010, 1, 1)]),
    }), min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(ROWS, st.data())
def test_profiles_are_those_of_their_words_and_later_records_move_none(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    typed = [row(), *[row(**one) for one in rows]]  # the first one gives columns their types
    made = ready(columns(typed), FIELDS, SINCE, ON)
    visible = np.array(data.draw(st.lists(st.booleans(), min_size=made.count,
                                          max_size=made.count)))  # fmt: skip
    database, found = profiled(made, visible)
    held = made.table.to_pylist()
    keys = ["trusted", *compared(made.layout)]
    names = made.layout.names
    for one, other in combinations(range(made.count), 2):
        a, b = held[one], held[other]
        named = all(a[name] is not None for name in names)
        sure = a["trusted"] is not None or (
            named and (a["birth"] is not None or a["raw_id"] is not None)
        )
        same = sure and all(a[key] == b[key] for key in keys)
        assert (found.of[one] == found.of[other]) == same
    table = database.execute("SELECT uid, records, seen, trusted FROM profile").fetchall()
    assert [r[0] for r in table] == list(range(found.count))
    for uid, records, seen, trusted in table:
        mine = np.flatnonzero(found.of == uid)
        assert (records, seen) == (visible[mine].sum(), visible[mine].any())
        assert found.first[uid] == (mine[visible[mine]] if seen else mine)[0]
        assert found.trusted[uid] == (-1 if trusted is None else trusted)
    database.close()
    seen_of = found.of[visible]
    places = [int(seen_of[i]) for i in sorted(np.unique(seen_of, return_index=True)[1])]
    assert places == list(range(len(places))), "in the order of their first visible record"
