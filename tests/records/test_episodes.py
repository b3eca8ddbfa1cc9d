"""Windows are what going through all pairs of intervals gives, as of every day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from unittest import mock

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.cohorts.history import History
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.errors import DataError
from commonweal.records import intervals as intervals_module
from commonweal.records.episode_spec import EpisodeSpec, Resolution, source_of
from commonweal.records.episodes import consolidate, episodes
from commonweal.records.spec import STRUCTURE, UNTIL, Column, Source
from records.windows import LEVELS, Record, day, read, reference, spec, table

LAST = 80
GAPS = [None, "1 day", "5 days", "1 month"]


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    """Touching, nested, identical and open-ended intervals of two entities, some known late."""
    found = []
    for place in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, 25))
        known = start + draw(st.sampled_from([0, 0, 1, 4, 15]))
        end = start + draw(st.integers(-1, 12)) if draw(st.integers(0, 4)) else None
        late = draw(st.sampled_from([0, 0, 3, 20]))
        level = draw(st.sampled_from([None, *LEVELS]))
        found.append(
            Record(
                name=f"r{place}",
                entity=draw(st.sampled_from("ab")),
                start=start,
                known=known,
                end=end,
                end_known=None if end is None else max(end, known) + late,
                sex=draw(st.sampled_from([None, "f", "m", "x"])),
                level=level,
                level_known=None if level is None else known + draw(st.integers(0, 20)),
                unit=draw(st.sampled_from([None, "north", "south"])),
                hurt=draw(st.sampled_from([None, True, False])),
                cost=draw(st.sampled_from([None, 0, 1, 5])),
            )
        )
    return found


def starts(records: Sequence[Record], gap: str | None = None) -> list[tuple[str, date, int]]:
    """(entity, first day, records) of each window."""
    found = consolidate(table(records), spec(gap))
    return [(r["entity_id"], r["occurred_on"], r["records"]) for r in found.to_pylist()]


def first(number: int) -> date:
    found = day(number)
    assert found is not None
    return found


# As of every day


@settings(max_examples=300, deadline=None)
@given(histories(), st.sampled_from(GAPS), st.integers(0, LAST))
def test_windows_are_those_of_the_slow_definition(
    records: list[Record], gap: str | None, as_of: int
) -> None:
    found = consolidate(table(records), spec(gap), as_of=day(as_of))
    assert read(found) == reference(records, as_of, gap)


@settings(max_examples=200, deadline=None)
@given(histories(), st.sampled_from(GAPS), st.integers(0, LAST))
def test_as_of_a_day_is_consolidating_what_was_known_before_it(
    records: list[Record], gap: str | None, as_of: int
) -> None:
    past = [_truncated(record, as_of) for record in records if record.known < as_of]
    found = consolidate(table(records), spec(gap), as_of=day(as_of))
    assert found.equals(consolidate(table(past), spec(gap)))


def _truncated(record: Record, as_of: int) -> Record:
    """The record as a store drawn on a day holds it."""
    if record.end_known is None or record.end_known >= as_of:
        record = replace(record, end=None, end_known=None)
    if record.level_known is None or record.level_known >= as_of:
        record = replace(record, level=None, level_known=None)
    return record


@settings(max_examples=100, deadline=None)
@given(histories(), st.sampled_from(GAPS), st.randoms())
def test_the_order_of_rows_does_not_matter(
    records: list[Record], gap: str | None, random: st.DataObject
) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (episodes(table(rows), spec(gap)) for rows in (records, shuffled))
    assert one.events.equals(other.events)
    assert one.report == other.report


@settings(max_examples=100, deadline=None)
@given(histories(), st.sampled_from(GAPS), st.integers(1, 9))
def test_pieces_of_work_change_nothing(records: list[Record], gap: str | None, size: int) -> None:
    whole = episodes(table(records), spec(gap))
    with mock.patch.object(intervals_module, "_CHUNK", size):
        assert episodes(table(records), spec(gap)).events.equals(whole.events)


@settings(max_examples=50, deadline=None)
@given(histories(), st.sampled_from(GAPS))
def test_the_versions_of_a_window_follow_each_other(records: list[Record], gap: str | None) -> None:
    found = episodes(table(records), spec(gap)).events
    assert tuple(found.column_names[: len(STRUCTURE) + 1]) == (*STRUCTURE, UNTIL)
    for as_of in range(LAST):
        today = pa.scalar(day(as_of), pa.date32())
        standing = found.filter(
            pc.and_(
                pc.less(found["known_on"], today),
                pc.invert(pc.fill_null(pc.less(found[UNTIL], today), False)),
            )
        )
        now = consolidate(table(records), spec(gap), as_of=day(as_of))
        assert read(standing.drop_columns([UNTIL])) == read(now)
    assert not pc.any(pc.less(found["known_on"], found["occurred_on"])).as_py()
    assert not pc.any(pc.less_equal(found[UNTIL], found["known_on"])).as_py()


def test_history_shows_what_was_known_and_not_until_when() -> None:
    records = [
        Record(
            f"r{i}", "ab"[i % 2], 3 * i, 3 * i + i % 5, 3 * i + 7, 3 * i + 9 + i % 4, "fmx"[i % 3]
        )
        for i in range(20)
    ]
    case = Source(
        table="cases.parquet", entity="child", occurred_on="start", known_on="known",
        columns={"end": Column(type="date", decided_on="end"), "sex": Column()},
    )  # fmt: skip
    declared = spec(sex=Resolution(rule="mode"))
    source = source_of(declared, {"case": case})
    assert source.decided() == ()
    dates = [first(number) for number in (1, 10, 17, 33, 50, 90)]
    with DuckDB(1) as engine:
        made = episodes(table(records), declared).events
        history = History(engine, {"window": engine.table(made)}, {"window": source})
        seen = history.everyone("window", dates).to_pyarrow()
    assert UNTIL not in seen.column_names
    for as_of in dates:
        then = seen.filter(pc.equal(seen["as_of"], pa.scalar(as_of, pa.date32())))
        now = consolidate(table(records), declared, as_of=as_of)
        assert now.num_rows > 0
        assert read(then.drop_columns(["as_of"])) == read(now)


# What is near


@pytest.mark.parametrize(
    ("start", "gap", "windows"),
    [(10, None, 1), (11, None, 2), (11, "1 day", 1), (12, "1 day", 2), (15, "5 days", 1)],
)
def test_touching_intervals_share_a_day(start: int, gap: str | None, windows: int) -> None:
    records = [Record("one", end=10, end_known=10), Record("two", "a", start, start, 30, 30)]
    assert len(starts(records, gap)) == windows


def test_a_gap_of_months_is_counted_in_the_calendar() -> None:
    january = (date(1970, 1, 31) - first(0)).days
    for start, windows in ((january + 28, 1), (january + 29, 2)):
        records = [
            Record("one", "a", 0, 0, january, january),
            Record("two", "a", start, start, start, start),
        ]
        assert len(starts(records, "1 month")) == windows


def test_nested_and_identical_intervals_are_one_window() -> None:
    records = [
        Record("long", "a", 0, 0, 20, 20),
        Record("inside", "a", 5, 5, 8, 8),
        Record("same", "a", 5, 5, 8, 8),
        Record("after the inner one", "a", 15, 15, 18, 18),
    ]
    assert starts(records) == [("a", first(0), 4)]


def test_an_open_interval_takes_in_all_that_begins_later_until_its_end_is_known() -> None:
    records = [Record("one"), Record("two", "a", 50, 50, 60, 60), Record("other", "b", 50, 50)]
    assert starts(records) == [("a", first(0), 2), ("b", first(50), 1)]
    found = consolidate(table(records), spec())
    assert found["ended_on"].null_count == found["days"].null_count == 2
    records[0] = replace(records[0], end=10, end_known=70)
    as_of = {n: consolidate(table(records), spec(), as_of=first(n)).num_rows for n in (70, 71)}
    assert as_of == {70: 2, 71: 3}


def test_an_end_that_is_still_to_come_is_no_end_yet() -> None:
    records = [Record("one", end=30, end_known=0)]
    for as_of, end in ((30, None), (31, day(30))):
        found = consolidate(table(records), spec(), as_of=day(as_of))
        assert found["ended_on"].to_pylist() == [end]


def test_a_record_known_late_joins_windows_only_once_it_is_known() -> None:
    records = [
        Record("one", "a", 1, 1, 5, 5, "f"),
        Record("two", "a", 10, 10, 15, 15, "f"),
        Record("bridge", "a", 4, 20, 11, 20, "m"),
    ]
    assert consolidate(table(records), spec(), as_of=first(20)).num_rows == 2
    after = consolidate(table(records), spec(), as_of=first(21)).to_pylist()
    assert [(r["occurred_on"], r["known_on"], r["records"]) for r in after] == [
        (first(1), first(20), 3)
    ]
    report = episodes(table(records), spec()).report
    assert (report.records, report.windows, report.several, report.withdrawn) == (3, 1, 1, 1)


def test_an_end_before_its_start_is_the_start_and_counted() -> None:
    found = episodes(table([Record("one", "a", 5, 5, 2, 5)]), spec())
    assert found.events["ended_on"].to_pylist()[-1] == day(5)
    assert found.report.upside_down == 1


# What is counted and named


def test_it_is_counted_how_each_value_came_about() -> None:
    def pair(entity: str, *sexes: str | None) -> list[Record]:
        return [Record(f"{entity}{i}", entity, i, i, 9, 9, sex) for i, sex in enumerate(sexes)]

    records = [
        *pair("agree", "f", "f"), *pair("one", "f", None), *pair("none", None, None),
        *pair("most", "f", "m", "m"), *pair("tie", "f", "m"), *pair("tied too", "m", "m", "f", "f"),
    ]  # fmt: skip
    found = episodes(table(records), spec(sex=Resolution(rule="mode")))
    counts = found.report.columns["sex"]
    assert (counts.agreed, counts.decided, counts.tied, counts.missing) == (2, 1, 2, 1)
    last = found.events.filter(found.events[UNTIL].is_null())
    sexes = dict(zip(last["entity_id"].to_pylist(), last["sex"].to_pylist(), strict=True))
    assert sexes == {
        "agree": "f",
        "one": "f",
        "none": None,
        "most": "m",
        "tie": "m",
        "tied too": "f",
    }


def test_a_window_is_named_by_its_entity_and_first_day() -> None:
    named = consolidate(table([Record("one", "a|b", 3, 4, 9, 9)]), replace(spec(), role="sibling"))
    row = named.to_pylist()[0]
    assert row["record_id"] == row["event_id"] == f"a|b|{day(3)}"
    assert row["role"] == "sibling"
    assert consolidate(table([Record("one")]), spec())["role"].to_pylist() == ["child"]


def test_no_records_are_no_windows() -> None:
    found = episodes(table([]), spec())
    assert found.events.num_rows == found.report.windows == 0
    full = episodes(table([Record("one", sex="f")]), spec()).events
    assert found.events.schema.names == full.schema.names
    assert found.events.schema.types == full.schema.types


def test_intervals_that_never_part_are_refused_before_the_work_never_ends() -> None:
    records = [Record(f"r{i}", "everybody", i, i) for i in range(50)]
    with (
        mock.patch.object(intervals_module, "_MOST", 1_000),
        pytest.raises(DataError, match="50 intervals of one entity that never part"),
    ):
        episodes(table(records), spec())


def test_an_end_nobody_decides_is_known_with_its_record() -> None:
    records = [Record("one", end=5), Record("two", "a", 6, 6, 8)]
    plain = table(records).drop_columns(["end__known_on"])
    declared = EpisodeSpec(of="case", ends="end")
    assert consolidate(plain, declared, as_of=first(6))["ended_on"].to_pylist() == [day(5)]
    assert consolidate(plain, declared)["records"].to_pylist() == [1, 1]
