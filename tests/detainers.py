"""Detainers and crimes: a few by hand, and those of the simulated custody world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.tables import read_table
from commonweal.linkage.repeats.find import Repeats, find_repeats
from commonweal.linkage.repeats.merging import merge
from commonweal.records.assemble import assemble_source
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.records.spec import Column, Source
from commonweal.simulate.world import simulate
from commonweal.study.load import load
from commonweal.study.spec import Study

DAY = date(2012, 1, 1)
CRIME = Source(
    table="crimes.parquet", entity="person_id", record=("crime_id",), occurred_on="charged_on",
    known_on="known_on",
    columns={
        "crime": Column(),
        "status": Column(decided_on="status_on"),
        "sentence_days": Column(type="integer", decided_on="status_on"),
    },
)  # fmt: skip
DETAINER = Source(
    table="detainers.parquet", entity="person_id", record=("detainer_id",),
    occurred_on="issued_on", known_on="known_on",
    columns={"birth_year": Column(type="integer"), "gender": Column(), "nation": Column()},
)  # fmt: skip
SPEC = RepeatSpec(
    orders="detainer", history="crime", history_key=("crime", "charged_on"),
    characteristics=("birth_year", "gender", "nation"),
)  # fmt: skip


def day(number: int) -> date:
    """Return a day so many days after the first."""
    return DAY + timedelta(days=number)


def orders(*rows: tuple[str, int, tuple[int, str, str]]) -> pa.Table:
    """Return orders from (id, day, who); record ids count up, known on the day itself."""
    days = pa.array([day(row[1]) for row in rows], pa.date32())
    return pa.table({
        "record_id": [f"o{place}" for place in range(len(rows))],
        "event_id": [f"o{place}" for place in range(len(rows))],
        "entity_id": [row[0] for row in rows], "role": ["subject"] * len(rows),
        "occurred_on": days, "known_on": days,
        "birth_year": pa.array([row[2][0] for row in rows], pa.int64()),
        "gender": [row[2][1] for row in rows], "nation": [row[2][2] for row in rows],
    })  # fmt: skip


def crimes(*rows: tuple[str, str, int], known: Mapping[int, int] | None = None) -> pa.Table:
    """Return crimes from (id, crime, day); `known` moves some rows' known day."""
    later = known or {}
    seen = [day(later.get(place, row[2])) for place, row in enumerate(rows)]
    return convictions(*((*row, "charged", None, None) for row in rows)).set_column(
        5, "known_on", pa.array(seen, pa.date32())
    )


def convictions(*rows: tuple[str, str, int, str, int | None, int | None]) -> pa.Table:
    """Return crimes from (id, crime, day, status, day of the verdict, sentence)."""
    charged = pa.array([day(row[2]) for row in rows], pa.date32())
    settled = pa.array([None if row[4] is None else day(row[4]) for row in rows], pa.date32())
    return pa.table({
        "record_id": [f"c{place}" for place in range(len(rows))],
        "event_id": [f"c{place}" for place in range(len(rows))],
        "entity_id": [row[0] for row in rows], "role": ["subject"] * len(rows),
        "occurred_on": charged, "known_on": charged, "crime": [row[1] for row in rows],
        "sentence_days": pa.array([row[5] for row in rows], pa.int64()),
        "sentence_days__known_on": settled, "status": [row[3] for row in rows],
        "status__known_on": settled,
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """A simulated custody world: its study, its events, and whose each record is."""

    study: Study
    events: dict[str, pa.Table]
    folder: Path

    @property
    def spec(self) -> RepeatSpec:
        """The world's own ``[repeats]``."""
        found = self.study.agency.repeats
        assert found is not None
        return found

    def find(self, as_of: date | None = None) -> Repeats:
        """Find the repeated orders."""
        past = self.study.agency.sources["crime"]
        return find_repeats(self.spec, self.events["detainer"], self.events["crime"], past, as_of)

    def merged(self, repeats: Repeats) -> dict[str, pa.Table]:
        """Return every source's events under the ids of people."""
        sources = self.study.agency.sources
        return {
            name: merge(name, table, self.spec, sources[name], repeats).events
            for name, table in self.events.items()
        }

    def persons(self, table: str, records: pa.ChunkedArray) -> np.ndarray:
        """Return the true person of records of a table."""
        truth = read_table(self.folder / "truth" / "records.parquet")
        truth = truth.filter(pc.equal(truth["table"].cast("string"), table))
        place = pc.index_in(records, value_set=truth["record_id"].combine_chunks())
        return np.asarray(truth["person"].take(place))

    def people(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of the truth's people."""
        return read_table(self.folder / "truth" / "people.parquet", list(columns))


def custody(folder: Path, people: int, noise: str = "paper") -> World:
    """Simulate a custody world and assemble its events."""
    study = load(simulate("custody", folder, people, 1, noise).study)
    events = {
        name: assemble_source(name, source, study.data, study.agency.extracted_on).events
        for name, source in study.agency.sources.items()
    }
    return World(study, events, folder)
