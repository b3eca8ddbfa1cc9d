"""People are told apart as all records together tell them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from commonweal.core.store import Artefact, Store
from commonweal.core.tables import write_table
from commonweal.study.persons import persons
from commonweal.study.stages import ALIASES


def artefact(folder: Path, name: str, file: str, columns: dict[str, list[str]]) -> Artefact:
    def write(to: Path) -> None:
        write_table(pa.table(columns), to / file)

    return Store(folder).stage(name, "1", {}, {}, write)


def test_an_id_of_an_earlier_date_is_the_person_of_the_end(tmp_path: Path) -> None:
    cohort = artefact(tmp_path, "cohort", "cohort.parquet", {"entity_id": ["b", "a", "c", "b"]})
    plain, names = persons(cohort, {})
    assert [names[p] for p in plain] == ["b", "a", "c", "b"]
    aliases = {"entity_id": ["c", "z"], "in_the_end": ["a", "b"]}
    linked = artefact(tmp_path, "linked/x", ALIASES, aliases)
    told, names = persons(cohort, {"x": linked, "y": cohort})
    assert [names[p] for p in told] == ["b", "a", "a", "b"]
    assert names == ["a", "b"]
