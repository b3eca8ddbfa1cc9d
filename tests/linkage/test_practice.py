from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from commonweal.linkage.cells import NO_DAY
from commonweal.linkage.practice import Noise, Practice, practice
from commonweal.linkage.prepare import Prepared
from commonweal.linkage.spec import Columns, TrustedId
from linkage.made import columns, declared, profiled, ready

FIELDS = declared(first="name", last="name", born="birth_date", year="birth_year", town="category")
TRUSTED = TrustedId(column="id", since=date(2000, 1, 1))
QUIET = Noise(np.zeros(0), 0.0)


def town(people: int = 300, each: int = 6, start: date = date(2000, 1, 1)) -> pa.Table:
    """Each person has `each` records with an id; others without lack birth date and town."""
    rows = []
    for n in range(people * each):
        who, day = n // each, start + timedelta(days=200 * (n % each))
        rows.append({
            "first": f"f{who % 50}", "last": f"l{who}", "born": date(1980, 1, 1 + who % 28),
            "year": 1980, "town": "ab"[who % 2], "id": f"i{who}", "on": day,
        })  # fmt: skip
        if n % 3 == 0:
            rows.append({"first": f"f{who % 50}", "last": f"l{who}", "year": 1980, "on": day})
    return columns(rows)


def drilled(
    made: Prepared, visible: np.ndarray | None = None, noise: Noise = QUIET, hidden: int = 10**6,
    most: int = 10**6, seed: int = 1,
) -> Practice:  # fmt: skip
    seen = np.ones(made.count, np.bool_) if visible is None else visible
    database, profiles = profiled(made, seen)
    database.close()
    file = practice(made, profiles, seen, noise, hidden, most, seed)
    assert file is not None
    return file


@pytest.fixture(scope="module")
def made() -> Prepared:
    return ready(town(), FIELDS, TRUSTED, Columns(occurred_on="on"))


def test_hidden_records_carry_no_id_and_lack_what_records_without_one_lack(made: Prepared) -> None:
    file = drilled(made)
    hidden, shown = file.table.filter(file.hidden), file.table.filter(~file.hidden)
    assert hidden.num_rows > 500
    for name in ("trusted", "birth", "category0"):
        assert hidden[name].null_count == hidden.num_rows
        assert shown[name].null_count == 0
    for name in ("name0", "name1", "year"):
        assert hidden[name].null_count == 0
    assert file.table["uid"].to_pylist() == list(range(file.table.num_rows))
    assert (np.diff(file.hidden.astype(int)) <= 0).all(), "hidden ones come first"
    records = file.record[file.hidden]
    assert (file.person == made.trusted[file.record]).all()
    assert (file.members.trusted[: len(records)] == -1).all()
    assert (file.members.birth[: len(records)] == NO_DAY).all()
    np.testing.assert_array_equal(file.members.occurred[: len(records)], made.occurred[records])
    names = hidden["name0"].to_pylist()
    assert names == made.table["name0"].take(pa.array(records)).to_pylist()


def test_some_people_are_wholly_hidden_and_half_of_the_others_records_are(made: Prepared) -> None:
    file = drilled(made)
    known = made.trusted >= 0
    whole = Counter(made.trusted[known].tolist())
    veiled = Counter(file.person[file.hidden].tolist())
    share = {who: veiled[who] / count for who, count in whole.items()}
    wholly = np.mean([value == 1 for value in share.values()])
    chance = 1 / 3 + 2 / 3 * 0.5**6
    assert wholly == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / len(share)))
    others = [value for value in share.values() if value < 1]
    assert np.mean(others) == pytest.approx(0.5, abs=0.05)
    # Whoever is not wholly hidden is there to be found.
    node_person = file.person[file.node]
    assert set(node_person.tolist()) == set(whole)
    assert len(file.node) == known.sum()


def test_no_more_is_hidden_or_looked_at_than_asked_for(made: Prepared) -> None:
    file = drilled(made, hidden=100, most=600)
    assert 60 < file.hidden.sum() < 180
    assert len(file.node) <= 600 + 6
    assert file.scale == pytest.approx(
        len({int(p) for p in profiled(made)[1].of}) / file.table.num_rows
    )


def test_records_that_may_not_be_looked_at_are_not_there_and_change_nothing() -> None:
    table = town(80)
    late = np.array([day >= date(2002, 1, 1) for day in table["on"].to_pylist()])
    held = Columns(occurred_on="on", known_on="on")
    made, early = (ready(t, FIELDS, TRUSTED, held) for t in (table, table.filter(~late)))
    visible = ~late[made.place]
    file, alone = drilled(made, visible), drilled(early)
    assert visible[file.record].all()
    assert 0 < late.sum() < len(late) / 2
    names = ["name0", "name1", "year", "birth", "category0"]
    assert file.table.select(names).equals(alone.table.select(names))
    np.testing.assert_array_equal(file.hidden, alone.hidden)
    assert file.scale == alone.scale


def test_hidden_records_get_the_errors_in_age_of_records_without_a_birth_date(
    made: Prepared,
) -> None:
    file = drilled(made, noise=Noise(np.array([3.0, -1.0]), 0.0))
    years = Counter(file.table.filter(file.hidden)["year"].to_pylist())
    assert set(years) == {1983, 1979}
    assert years[1983] / years.total() == pytest.approx(0.5, abs=0.1)
    assert Counter(file.members.year[: file.hidden.sum()].tolist()) == years
    assert set(file.table.filter(~file.hidden)["year"].to_pylist()) == {1980}


def test_earlier_ids_are_the_persons_but_for_those_that_stray() -> None:
    table = town(100, start=date(1999, 7, 1))
    # Records without a trusted id are all older ones, which carry one that is not trusted.
    table = table.filter(pa.array([i is not None for i in table["id"].to_pylist()]))
    made = ready(table, FIELDS, TRUSTED, Columns(occurred_on="on"))
    sound = drilled(made)
    hidden = sound.table.filter(sound.hidden)
    assert hidden["raw_id"].to_pylist() == sound.person[sound.hidden].tolist()
    stray = drilled(made, noise=Noise(np.zeros(0), 0.3))
    raw = np.array(stray.table.filter(stray.hidden)["raw_id"])
    share = (raw != stray.person[stray.hidden]).mean()
    assert share == pytest.approx(0.3, abs=0.08)
    assert raw[raw != stray.person[stray.hidden]].min() > made.trusted.max(), "nobody's id"


def test_without_known_ids_there_is_no_practice() -> None:
    def refused(table: pa.Table) -> bool:
        made = ready(table, FIELDS, TRUSTED, Columns(occurred_on="on"))
        database, profiles = profiled(made)
        database.close()
        return practice(made, profiles, np.ones(made.count, np.bool_), QUIET, 99, 99, 1) is None

    table = town(30)
    has = pa.array([i is not None for i in table["id"].to_pylist()])
    late = pa.array([day >= date(2000, 1, 1) for day in table["on"].to_pylist()])
    assert not refused(table)
    assert refused(table.filter(pa.compute.invert(has))), "nobody has an id"
    assert refused(table.filter(pa.compute.and_(has, late))), "everybody has one"
