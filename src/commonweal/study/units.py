"""The stage that looks up with which unit of the agency each tested person's case is."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from commonweal.core.store import Artefact
from commonweal.core.tables import read_table, write_table
from commonweal.oversight.attributes import attribute
from commonweal.oversight.spec import Protected
from commonweal.study.models import row_places
from commonweal.study.stages import (
    Records,
    Workshop,
    code_below,
    declared,
    history,
    some,
)


def units(shop: Workshop, made: Records, people: Artefact) -> Artefact:
    """Look up the unit of everybody tested, as known before the date: ``units.parquet``."""
    spec = shop.study.spec.units
    assert spec is not None
    wanted = Protected(event=spec.event, column=spec.column)

    def write(folder: Path) -> None:
        places = pa.array(row_places(shop, people, "test"))
        table = read_table(people.file("cohort.parquet")).take(places)
        count = pa.array(range(table.num_rows), pa.int64())
        with shop.engine() as engine:
            past = history(engine, shop, some(made, wanted.sources))
            rows = engine.table(table.set_column(table.column_names.index("row"), "row", count))
            found = attribute(wanted, past, rows, table.num_rows)
        write_table(pa.table({"row": table["row"], "unit": found}), folder / "units.parquet")

    settings = [wanted, declared(shop, wanted.sources), shop.dates("test")]
    parents = {**some(made, wanted.sources), "__cohort": people}
    code = code_below("cohorts", "oversight", "study/units.py")
    return shop.make("units", code, settings, parents, write)
