"""A small valid agency in every kind of file, and a study on it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PEOPLE, INCIDENTS = 60, 150

AGENCY = """\
name = "A small county"
data = "data"
extracted_on = 2020-01-01

[sources.contact]
table = "contacts.csv"
join = { table = "incidents.parquet", on = "incident_id" }
entity = "person_id"
event = "incident_id"
record = ["contact_id"]
role = "caller"
occurred_on = "happened_on"
known_on = "reported_on"
covers_from = 2012-01-01

[sources.contact.columns]
beat = {}
charge = { required = true }
level = { allowed = ["high", "low"] }
score = { type = "number", min = 0, max = 100 }
age = { type = "integer", min = 0, max = 120 }
resolved = { type = "boolean" }
disposition = { decided_on = "disposed_on" }

[sources.contact.groups]
high = { column = "level", equals = "high" }
severe = { column = "score", at_least = 50 }
theft = { column = "charge", starts_with = ["THEFT"] }

[sources.visit]
table = "visits.parquet"
entity = "person_id"
record = ["visit_id"]
occurred_on = "visited_on"
known_on = "visited_on"

[sources.visit.columns]
site = { required = true }
cost = { type = "number", min = 0 }
minutes = { type = "integer" }
urgent = { type = "boolean" }
race = {}

[sources.visit.groups]
urgent = { column = "urgent", equals = true }
race_a = { column = "race", equals = "A" }

[sources.harm]
table = "records.duckdb#harm"
entity = "person_id"
event = "incident_id"
record = ["harm_id"]
role = "victim"
occurred_on = "harmed_on"
known_on = "known_on"

[sources.harm.columns]
fatal = { type = "boolean", required = true }

[sources.registration]
table = "people.csv"
entity = "person_id"
record = ["person_id"]
occurred_on = "registered_on"
known_on = "registered_on"

[sources.registration.columns]
race = { allowed = ["A", "B"] }
birth_year = { type = "integer", min = 1900, max = 2019 }
"""

STUDY = """\
[study]
name = "small"
title = "Who will need help"
question = "Among callers, who will be harmed within a year, so that help can be offered?"
agency = "agency.toml"
seed = 7

[action]
kind = "help"
offer = "A visit by a counsellor."
recipients = ["the intake team"]
forbidden_recipients = ["the police"]
intended_use = "To decide whom to visit first."
not_for = ["charging"]

[review]
by = "The board."
on = 2020-02-01
statement = "Being harmed is predicted, not harming."

[cohort]
as_of = { every = "1 year", first = 2014-01-01, last = 2018-01-01 }
include = [{ event = "contact", at_least = 1 }]
exclude = [{ event = "harm", where = [{ column = "fatal", equals = true }] }]
within = "3 years"
validation = 1
test = 1

[outcome]
event = "harm"
role = "victim"
within = "1 year"

[protected]
race = { event = "registration", column = "race" }
age = { event = "registration", column = "birth_year", age_bands = [0, 25, 50] }

[features.contacts]
kind = "counts"
event = "contact"
windows = ["180 days", "1 year", "2 years"]
groups = ["high", "severe"]
by = ["charge"]

[features.visits]
kind = "recency"
event = "visit"
groups = ["urgent"]

[features.sites]
kind = "attributes"
event = "visit"
columns = ["site"]

[features.network]
kind = "network"
edges = ["contact", "contact-harm"]
built_from = "2 years"
count = { contact = ["high"], harm = [] }
windows = ["1 year", "2 years"]

[models.boosted]
kind = "boosted"
learning_rate = 0.05
max_trees = 50

[models.logistic]
kind = "logistic"
penalties = [1.0, 10.0]

[models.past]
kind = "count_rank"
feature = "contact.all.count.1y"

[capacity]
k = 10

[evaluation]
headline = "boosted"
cutoffs = [5, 10, 20]
draws = 100

[recommendation]
model = "boosted"
"""


def write_study(folder: Path) -> Path:
    """Write the agency, its tables and the study; return the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "agency.toml").write_text(AGENCY, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    write_tables(folder / "data")
    return folder / "study.toml"


def write_tables(folder: Path) -> None:
    """Write a table of each kind: CSV with a partner in Parquet, Parquet, DuckDB, CSV."""
    folder.mkdir()
    rng = np.random.default_rng(11)
    people = [f"p{i:03d}" for i in range(PEOPLE)]
    start = date(2012, 1, 1)
    delays = rng.integers(0, 20, INCIDENTS)
    happened = [start + timedelta(days=int(d)) for d in rng.integers(0, 2800, INCIDENTS)]
    reported = [d + timedelta(days=int(x)) for d, x in zip(happened, delays, strict=True)]
    incidents = [f"i{i:04d}" for i in range(INCIDENTS)]
    pq.write_table(
        pa.table({
            "incident_id": incidents, "happened_on": happened, "reported_on": reported,
            "beat": rng.choice(["north", "south"], INCIDENTS).tolist(),
        }),
        folder / "incidents.parquet",
    )  # fmt: skip
    contacts: list[list[object]] = []
    for place in range(2 * INCIDENTS):
        disposed = reported[place % INCIDENTS] + timedelta(days=30)
        decided = ["closed", disposed.isoformat()] if place % 3 else ["", ""]
        contacts.append([
            f"c{place:04d}", incidents[place % INCIDENTS], people[int(rng.integers(PEOPLE))],
            ["THEFT", "THEFT-AUTO", "FRAUD, WIRE"][place % 3], ["high", "low"][place % 2],
            f"{rng.uniform(0, 100):.2f}", int(rng.integers(18, 80)), ["true", "false"][place % 2],
            *decided, "said so",
        ])  # fmt: skip
    header = [
        "contact_id", "incident_id", "person_id", "charge", "level", "score", "age", "resolved",
        "disposition", "disposed_on", "remark",
    ]  # fmt: skip
    write_rows(folder / "contacts.csv", [header, *contacts])
    days = [start + timedelta(days=int(d)) for d in rng.integers(0, 2800, 200)]
    visits: dict[str, Any] = {
        "visit_id": [f"v{i:04d}" for i in range(200)],
        "person_id": [people[int(i)] for i in rng.integers(PEOPLE, size=200)],
        "site": [["clinic", "school"][i % 2] for i in range(200)],
        "visited_on": days,
        "cost": rng.uniform(0, 50, 200),
        "minutes": rng.integers(5, 60, 200),
        "urgent": [i % 4 == 0 for i in range(200)],
        "race": [["A", "B"][i % 2] for i in range(200)],
    }
    pq.write_table(pa.table(visits), folder / "visits.parquet")
    harms = pa.table({
        "harm_id": [f"h{i:03d}" for i in range(80)],
        "incident_id": [incidents[i] for i in range(80)],
        "person_id": [people[int(i)] for i in rng.integers(PEOPLE, size=80)],
        "harmed_on": happened[:80], "known_on": reported[:80],
        "fatal": [i % 20 == 0 for i in range(80)],
    })  # fmt: skip
    with duckdb.connect(str(folder / "records.duckdb")) as database:
        database.register("harms", harms)
        database.execute("CREATE TABLE harm AS SELECT * FROM harms")
    rows = [[p, "2012-01-01", "AB"[i % 2], 1950 + i % 40] for i, p in enumerate(people)]
    write_rows(folder / "people.csv", [["person_id", "registered_on", "race", "birth_year"], *rows])


def read_rows(path: Path) -> list[list[str]]:
    """Read a CSV's header and rows."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV's header and rows."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
