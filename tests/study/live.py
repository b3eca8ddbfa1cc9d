"""The town with more on record, a study of every kind of block on it, and its tables cut short."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import commonweal.api as cw
from commonweal.core.store import Store
from commonweal.features.matrix import FeatureMatrix
from commonweal.study.matrix import matrix
from commonweal.study.verify import read_manifest

TOWN = Path(__file__).resolve().parents[1] / "town"
DATES = (
    date(2014, 1, 1), date(2014, 7, 1), date(2015, 1, 1), date(2015, 7, 1), date(2016, 1, 1),
    date(2016, 7, 1), date(2017, 1, 1), date(2017, 7, 1), date(2018, 1, 1), date(2018, 7, 1),
)  # fmt: skip

BETWEEN = date(2017, 10, 1)
TEST_DAY = DATES[-1]

COLUMNS = """
gang = {}
home = {}
born = { type = "date" }
age = { type = "integer", min = 0, max = 120 }
amount = { type = "number" }
"""

BLOCKS = """
[features.arrests]
kind = "counts"
event = "arrest"
windows = ["90 days", "1 year", "4 years"]
groups = ["violent", "gun", "convicted"]
by = ["charge", "disposition"]
top = 6

[features.timing]
kind = "recency"
event = "arrest"
groups = ["violent", "convicted"]

[features.gaps]
kind = "gaps"
event = "victimization"
groups = ["violent"]
summaries = ["mean", "shortest", "longest", "latest"]

[features.place]
kind = "attributes"
event = ["arrest", "victimization"]
columns = ["beat", "amount"]
summaries = ["latest", "mode", "distinct"]
top = 8
encode = "category"

[features.outcome]
kind = "attributes"
event = "arrest"
columns = ["disposition", "level"]
summaries = ["latest", "mode", "distinct"]

[features.gang]
kind = "affiliation"
event = "arrest"
column = "gang"
top = 5

[features.age]
kind = "age"
event = ["arrest", "victimization"]
birth_date = "born"
age = "age"

[features.network]
kind = "network"
edges = ["arrest", "arrest-victimization"]
built_from = "4 years"
count = { arrest = ["violent", "convicted"], victimization = [], shooting = [] }
windows = ["1 year", "2 years"]
ever = true
hops = 2

[features.network_timing]
kind = "network_recency"
edges = ["arrest", "arrest-victimization"]
built_from = "4 years"
count = { arrest = ["gun"], shooting = [] }
hops = 2

[features.network_place]
kind = "centrality"
edges = ["arrest", "arrest-victimization"]
built_from = "4 years"
measures = ["degree", "degree_by_edge", "second", "eigenvector", "neighbours", "absent"]

[features.home]
kind = "household"
event = "victimization"
column = "home"
count = { arrest = ["violent"] }
windows = ["1 year", "4 years"]

[models.past_arrests]
kind = "count_rank"
feature = "arrest.all.count.4y"

[models.base_rate]
kind = "base_rate"

[capacity]
k = 60
unit = "places"

[evaluation]
draws = 100
headline = "past_arrests"
cutoffs = [50, 100]
"""


@dataclass(frozen=True)
class Live:
    """A finished run, its study, its matrix and whose rows these are."""

    study: Path
    out: Path
    stored: FeatureMatrix
    entities: list[str]
    as_of: np.ndarray

    @classmethod
    def of(cls, study: Path, out: Path) -> Live:
        cw.run(cw.load(study), out)
        of_run = {s["stage"]: out / "store" / s["folder"] for s in read_manifest(out)["stages"]}
        names = cw.load(study).spec.features
        blocks = {name: Store.read(of_run[f"features/{name}"]) for name in names}
        cohort = pq.read_table(of_run["cohort"] / "cohort.parquet")
        days = cohort["as_of"].to_numpy()
        return cls(study, out, matrix(blocks), cohort["entity_id"].to_pylist(), days)

    def rows(self, day: date) -> np.ndarray:
        return np.flatnonzero(self.as_of == np.datetime64(day))

    def people(self, day: date, count: int = 20) -> list[str]:
        return [self.entities[row] for row in self.rows(day)[:count]]


def same_bits(one: cw.LiveFeatures, other: cw.LiveFeatures) -> bool:
    assert one.people.inside == other.people.inside
    return bool((one.values.view(np.uint32) == other.values.view(np.uint32)).all())


def write_live_study(town: Path, folder: Path, every: str = "6 months") -> Path:
    """Write a study with every kind of block, on a town with more on record."""
    data = folder / "data"
    shutil.copytree(town, data)
    (data / "simulation.json").unlink()
    for name in ("arrests", "victimizations"):
        table = pq.read_table(data / f"{name}.parquet")
        pq.write_table(_more(table), data / f"{name}.parquet")
    agency = (TOWN / "agency.toml").read_text(encoding="utf-8")
    agency = agency.replace('simulated = "simulation.json"\n', "")
    agency = agency.replace("\nbeat = {}\n", f"\nbeat = {{}}{COLUMNS}")
    (folder / "agency.toml").write_text(agency, encoding="utf-8")
    study = (TOWN / "study.toml").read_text(encoding="utf-8")
    study = study[: study.index("# The records begin in 2010")] + BLOCKS
    study = study.replace('every = "18 months"', f'every = "{every}"', 1)
    study = study.replace('within = "50 months"', 'within = "6 years"', 1)
    start, end = study.index("age = { event"), study.index("[features.arrests]")
    study = study[:start] + study[end:]  # ages are a feature here
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


def _more(table: pa.Table) -> pa.Table:
    """Put a gang, a home, a birth date, an age and an amount beside a table's columns."""
    rng = np.random.default_rng(table.num_rows)
    count = table.num_rows
    person = pc.utf8_slice_codeunits(table["person_id"], 1).cast(pa.int64()).to_numpy()
    wrong = rng.random(count) < 0.1
    born = (person * 37) % 18_000 - 3_000 + wrong
    occurred = table["occurred_on"].cast(pa.int32()).to_numpy()
    age = np.maximum((occurred - born) // 365, 0) + rng.integers(0, 2, count)
    gang = np.where(rng.random(count) < 0.2, person % 9, -1)
    home = np.where(rng.random(count) < 0.1, rng.integers(0, 2_000, count), person // 3)
    more = {
        "gang": pa.array([f"G{x}" if x >= 0 else None for x in gang]),
        "home": pa.array([f"H{x}" for x in home], mask=rng.random(count) < 0.2),
        "born": pa.array(born.astype(np.int32), mask=rng.random(count) < 0.3).cast(pa.date32()),
        "age": pa.array(age, mask=rng.random(count) < 0.3),
        "amount": pa.array(rng.integers(0, 10_000, count) / 7, mask=rng.random(count) < 0.4),
    }
    for name, column in more.items():
        table = table.append_column(name, column)
    return table


def cut_short(study: Path, day: date, folder: Path) -> Path:
    """Write the tables as they stood on a day: records known before, decisions made before."""
    agency = tomllib.loads((study.parent / "agency.toml").read_text(encoding="utf-8"))
    folder.mkdir(parents=True)
    limit = pa.scalar(day, pa.date32())
    tables: dict[str, list[dict[str, Any]]] = {}
    for source in agency["sources"].values():
        tables.setdefault(source["table"], []).append(source)
    for name, sources in tables.items():
        table = pq.read_table(study.parent / "data" / name)
        known = [pc.fill_null(pc.less(table[s["known_on"]], limit), False) for s in sources]
        for source in sources:
            for column, spec in source["columns"].items():
                if "decided_on" in spec:
                    table = _undecided(table, (column, spec["decided_on"]), limit)
            if len(sources) > 1:  # one row tells of several events: of these it knows some
                table = _undecided(table, (source["occurred_on"], source["known_on"]), limit)
        kept = known[0]
        for other in known[1:]:
            kept = pc.or_(kept, other)
        pq.write_table(table.filter(kept), folder / name)
    return folder


def _undecided(table: pa.Table, columns: tuple[str, str], limit: pa.Scalar) -> pa.Table:
    """Take out a value, and the day it is from, where that day had not come."""
    made = pc.fill_null(pc.less(table[columns[1]], limit), False)
    for one in dict.fromkeys(columns):
        kept = pc.if_else(made, table[one], pa.scalar(None, table[one].type))
        table = table.set_column(table.column_names.index(one), one, kept)
    return table


def write_children_study(folder: Path, people: int) -> Path:
    """Write simulated children's services and their study, with rankings that need no fitting."""
    study = cw.simulate("children-services", folder, people).study
    text = study.read_text(encoding="utf-8").replace(
        'headline = "boosted"', 'headline = "base_rate"'
    )
    for name in ("models.boosted", "models.logistic", "recommendation"):
        text = re.sub(rf"\[{re.escape(name)}\]\n(?:[^\[\n].*\n?)*", "", text)
    text = text[: text.index("\n# Three ways to treat a score")]
    study.write_text(text + "\n", encoding="utf-8")
    agency = folder / "agency.toml"
    text = agency.read_text(encoding="utf-8").replace('simulated = "simulation.json"\n', "")
    agency.write_text(text, encoding="utf-8")
    return study
