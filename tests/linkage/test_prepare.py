from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.core.errors import DataError
from commonweal.linkage.cells import NO_DAY, plain_text
from commonweal.linkage.link import link
from commonweal.linkage.spec import Columns, Field, TrustedId
from linkage.made import EPOCH, HELD, PEOPLE, columns, declared, population, ready


def exact(day: date) -> float:
    """Year and part of the year, as `year` holds it."""
    return day.year + (day - date(day.year, 1, 1)).days / 366


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("José", "JOSE"), ("o'brien ", "OBRIEN"), ("  Anna-Maria", "ANNAMARIA"), ("ZOË", "ZOE"),
        ("", None), (" -- ", None), (None, None), ("Müller", "MULLER"), ("3rd", "3RD"),
        ("Иван", "ИВАН"), ("李", "李"),
    ],
)  # fmt: skip
def test_accents_capitals_and_marks_do_not_tell_people_apart(
    text: str | None, plain: str | None
) -> None:
    assert plain_text(pa.array([text], pa.string())).to_pylist() == [plain]
    coded = pa.array([text], pa.string()).dictionary_encode()
    assert plain_text(coded).to_pylist() == [plain]


def test_kinds_become_columns() -> None:
    table = columns([
        {"given": "Ann", "family": "Lee", "born": date(1980, 7, 1), "seen": date(2010, 1, 5),
         "street": "Main  St.", "number": 12, "sex": "f", "plate": "x"},
        {"given": "Bo", "family": "Lee", "born": None, "seen": None, "street": "main st",
         "number": None, "sex": None, "plate": "y"},
    ])  # fmt: skip
    fields = declared(
        given="name", family="name", born="birth_date", seen="date", street="address",
        number="address", sex="category", plate="category",
    )  # fmt: skip
    made = ready(table, fields)
    assert made.layout.names == ("name1", "name0"), "the more distinctive name is the last"
    assert (made.layout.dates, made.layout.categories) == (("date0",), ("category0", "category1"))
    assert (made.layout.birth, made.layout.year, made.layout.address) == (True, True, True)
    assert not made.layout.raw_id
    assert made.layout.title["date0"] == "seen"
    assert made.layout.title["address"] == "street and number"
    rows = [made.table.slice(int(np.flatnonzero(made.place == n)[0]), 1) for n in (0, 1)]
    one, other = (row.to_pylist()[0] for row in rows)
    assert (one["name0"], one["name1"], one["category0"]) == ("ANN", "LEE", "F")
    assert (one["birth"], one["date0"]) == (date(1980, 7, 1), date(2010, 1, 5))
    assert one["year"] == pytest.approx(exact(date(1980, 7, 1)), abs=1e-3)
    assert one["address"] != other["address"]
    assert one["street"] == other["street"], "the same but for the number"
    assert (other["birth"], other["year"], other["category0"]) == (None, None, None)


def test_many_long_values_are_a_code_that_may_be_mistyped() -> None:
    table = columns([{"zip": f"{n:05d}", "ward": f"{n}", "sex": "fm"[n % 2]} for n in range(250)])
    made = ready(table, declared(zip="category", ward="category", sex="category"))
    assert [made.layout.title[name] for name in made.layout.codes] == ["zip"]


def test_years_of_birth_whole_and_exact() -> None:
    on = date(2010, 7, 2)
    rows = [
        {"born": date(1980, 7, 1), "age": 29, "on": on},
        {"born": None, "age": 29, "on": on},
        {"born": None, "age": 29, "on": None},
        {"born": None, "age": None, "on": on},
    ]
    held = Columns(occurred_on="on")
    made = ready(columns(rows), declared(born="birth_date", age="age"), held=held)
    back = np.argsort(made.place)
    year, calendar = made.year[back], made.birth_year[back]
    assert year[0] == pytest.approx(exact(date(1980, 7, 1)))
    assert year[1] == pytest.approx(exact(on) - 29.5), "half a year past the birthday, on average"
    assert np.isnan(year[2:]).all()
    assert calendar[:2].tolist() == [1980, 1981]
    assert np.isnan(calendar[2:]).all()
    put_down = columns([{**row, "year": year} for row, year in zip(rows, [1979, 1981, 1982, None],
                                                                    strict=True)])  # fmt: skip
    fields = declared(born="birth_date", age="age", year="birth_year")
    made = ready(put_down, fields, held=held)
    back = np.argsort(made.place)
    assert made.year[back][:3].tolist() == [1979, 1981, 1982], "a year put down comes first"
    assert made.birth_year[back][:3].tolist() == [1979, 1981, 1982]
    assert made.birth[back][0] == (date(1980, 7, 1) - EPOCH).days
    assert (made.birth[back][1:] == NO_DAY).all()


def test_a_field_may_stand_under_other_names() -> None:
    rows = [{"name": "Ann"}, {"called": "Bo"}, {"name": "Cy", "called": "Di"}, {"alias": "Ed"}]
    made = ready(columns(rows), {"name": Field(kind="name", also=("called", "alias", "nowhere"))})
    assert made.table["name0"].take(pa.array(np.argsort(made.place))).to_pylist() == [
        "ANN", "BO", "CY", "ED",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "birth"),
    [
        ({"seen": "date", "dob": "date"}, "dob"),
        ({"seen": "date", "Birthday": "date"}, "Birthday"),
        ({"seen": "birth_date", "other": "date"}, "seen"),
        ({"seen": "date"}, "seen"),
        ({"seen": "date", "other": "date"}, None),
        ({"seen": "date", "right": "birth_year"}, "seen"),
        ({"seen": "date", "wrong": "birth_year"}, None),
        ({"seen": "date", "other": "date", "right": "birth_year"}, None),
    ],
)
def test_which_date_is_the_birth_date(kinds: dict[str, object], birth: str | None) -> None:
    names = [name for name in kinds if name not in ("right", "wrong")]
    rows = [
        {**dict.fromkeys(names, date(1980 + n, 1, 1)), "right": 1980 + n + (n % 5 == 0) * 3,
         "wrong": 1980 + n + (n % 5 < 2) * 3}
        for n in range(20)
    ]  # fmt: skip
    made = ready(columns(rows), declared(**kinds))  # type: ignore[arg-type]
    assert made.layout.birth == (birth is not None)
    left = {made.layout.title[name] for name in made.layout.dates}
    assert left == set(names) - {birth}


def test_ids_before_a_day_are_not_trusted_and_compared_as_they_are() -> None:
    since = date(2010, 1, 1)
    rows = [
        {"name": "a", "id": "7", "on": date(2009, 12, 31)},
        {"name": "b", "id": "7", "on": since},
        {"name": "c", "id": "7", "on": None},
        {"name": "d", "id": None, "on": since},
        {"name": "e", "id": "8", "on": since},
        {"name": "f", "id": " ", "on": since},
    ]
    held, fields = Columns(occurred_on="on"), declared(name="name")
    made = ready(columns(rows), fields, TrustedId(column="id", since=since), held)
    back = np.argsort(made.place)
    assert made.trusted[back].tolist() == [-1, 0, -1, -1, 1, -1]
    raw = made.table["raw_id"].take(pa.array(back)).to_pylist()
    assert (made.layout.raw_id, raw) == (True, [0, 0, 0, None, 1, None])
    made = ready(columns(rows), fields, "id", held)
    assert made.trusted[np.argsort(made.place)].tolist() == [0, 0, 0, -1, 1, -1]
    assert not made.layout.raw_id


WORDS = st.sampled_from(["Ann", "ann ", "Bo", "", None, "Cé"])
DAYS = st.sampled_from([None, date(1980, 1, 1), date(1980, 12, 31), date(2001, 2, 3)])


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.lists(st.fixed_dictionaries({
        "name": WORDS, "born": DAYS, "age": st.sampled_from([None, 3, 40]), "sex": WORDS,
        "street": WORDS, "id": st.sampled_from([None, "1", "2"]), "on": DAYS, "end": st.booleans(),
    }), min_size=1, max_size=8))  # fmt: skip
    types = {"born": pa.date32(), "age": pa.int16(), "on": pa.date32(), "end": pa.bool_()}
    held = {name: pa.array([row[name] for row in rows], types.get(name, pa.string()))
            for name in rows[0]}  # fmt: skip
    return pa.table(
        {**held, "record": [f"r{n}" for n in range(len(rows))], "source": ["s"] * len(rows)}
    )


@settings(max_examples=150, deadline=None)
@given(tables(), st.randoms(), st.booleans())
def test_the_order_of_rows_does_not_matter(
    table: pa.Table, random: st.DataObject, named: bool
) -> None:
    order = list(range(table.num_rows))
    random.shuffle(order)  # type: ignore[attr-defined]
    fields = declared(name="name", born="birth_date", age="age", sex="category", street="address")
    held = Columns(
        source="source" if named else None, record="record" if named else None, occurred_on="on",
        known_on="on", terminal="end",
    )  # fmt: skip
    trusted = TrustedId(column="id", since=date(1990, 1, 1))
    one = ready(table, fields, trusted, held)
    other = ready(table.take(pa.array(order)), fields, trusted, held)
    assert one.table.equals(other.table)
    for name in ("trusted", "occurred", "known", "year", "birth_year", "birth", "terminal"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    if named:
        np.testing.assert_array_equal(np.array(order)[other.place], one.place)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": []}, "linkage: there are no records to link -> check the sources"),
        ({"nom": ["a"]},
         "linkage.fields: the records hold none of the fields name, born, year -> name columns "
         "of the table"),
        ({"name": ["a"], "born": ["1.2.1980"]},
         "column born, row 1: '1.2.1980' is not a date -> write YYYY-MM-DD"),
        ({"name": ["a"], "born": [1980.5]},
         "column born: is double, not a date -> write YYYY-MM-DD"),
        ({"name": ["a"], "year": ["about 1980"]},
         "column year, row 1: 'about 1980' is not a number -> write whole years"),
        ({"name": ["a"], "id": None},
         "linkage.trusted_id: column id: stands in no source -> declare it"),
        ({"name": ["a"], "on": ["soon"]},
         "column on, row 1: 'soon' is not a date -> write YYYY-MM-DD"),
        ({"name": ["a"], "on": None},
         "linkage: column on is not in the table -> name a column of it"),
    ],
)  # fmt: skip
def test_what_cannot_be_linked_names_its_column_and_the_mend(
    change: dict[str, list[object] | None], told: str
) -> None:
    count = max(len(values or [1]) for values in change.values()) if change.get("name") != [] else 0
    whole: dict[str, object] = {"id": ["7"] * count, "on": [date(2000, 1, 1)] * count, **change}
    table = pa.table({name: values for name, values in whole.items() if values is not None})
    fields = declared(name="name", born="birth_date", year="birth_year")
    with pytest.raises(DataError) as caught:
        ready(table, fields, "id", Columns(occurred_on="on"))
    assert [str(p) for p in caught.value.problems] == [told]


def test_a_field_the_caller_misspelled_is_not_left_out_in_silence() -> None:
    table = pa.table({"first": ["a"], "last": ["b"]})
    with pytest.raises(DataError) as caught:
        link(table, {"first": "name", "lsat": "name"})
    assert [str(p) for p in caught.value.problems] == [
        "fields: lsat: there is no column 'lsat' -> did you mean last?"
    ]


def test_dates_may_be_written_or_stamped_and_empty_cells_are_missing() -> None:
    rows = {
        "name": ["a", "b", "c"],
        "born": ["1980-02-29", " ", None],
        "seen": pa.array([datetime(2000, 1, 1, 13), None, None], pa.timestamp("us")),
        "year": ["1980", None, "1990"],
    }
    made = ready(pa.table(rows), declared(name="name", born="birth_date", seen="date",
                                          year="birth_year"))  # fmt: skip
    back = pa.array(np.argsort(made.place))
    assert made.table["birth"].take(back).to_pylist() == [date(1980, 2, 29), None, None]
    assert made.table["date0"].take(back).to_pylist() == [date(2000, 1, 1), None, None]
    assert made.table["year"].take(back).to_pylist() == [1980, None, 1990]


def test_pandas_and_arrow_are_prepared_alike() -> None:
    table = population(40)
    frame = table.to_pandas()
    frame.loc[3, "town"] = None
    frame["born"] = pd.to_datetime(frame["born"])
    table = table.set_column(
        table.column_names.index("town"), "town",
        pa.array([None if n == 3 else v for n, v in enumerate(table["town"].to_pylist())]),
    )  # fmt: skip
    one, other = (ready(t, PEOPLE, "id", HELD)
                  for t in (table, pa.Table.from_pandas(frame, preserve_index=False)))  # fmt: skip
    assert one.table.equals(other.table)
    found = link(frame, PEOPLE, trusted_id="id", columns=HELD)
    assert (
        found.entity.tolist() == link(table, PEOPLE, trusted_id="id", columns=HELD).entity.tolist()
    )
