"""The data that features are measured on: a simulated city's events, its cohort and the work.

usage: features_world.py FOLDER PEOPLE
(makes events/, cohort.parquet, work.json, agency.toml and paper.toml: the paper's 1,406 columns)

People are as the department's own index has them, so that nothing is linked first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from shutil import copyfile

from measuring import TOOL, child_cost

from commonweal.cohorts.draw import draw
from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.tables import write_table
from commonweal.records.assemble import assemble_source
from commonweal.simulate.violence.codes import (
    ARREST_CODES,
    ARRESTS,
    HARM_CODES,
    HARMS,
    INDICES,
    codes_in,
)
from commonweal.study.load import load

WINDOWS = (30, 60, 90, 180, 270, 365, 730)
LOOKBACK = Period(5 * 12, "months")
INDEXED = {"arrest": "arrests", "victimization": "victimizations", "shooting": "shootings",
           "homicide": "homicides"}  # fmt: skip


def indexed(world: Path) -> None:
    """Rewrite a world's agency file: entities come from the department's index."""
    path = world / "agency.toml"
    text = path.read_text().partition("# As in the paper (A.2)")[0]
    for source, table in INDEXED.items():
        join = f'join = {{ table = "index_{table}.parquet", on = "record_id" }}'
        head = f"[sources.{source}]\n"
        text = text.replace(head, f'{head}entity = "person_number"\n{join}\n')
    path.write_text(text)


def work() -> dict[str, object]:
    """Return what is counted of arrests and victimizations."""
    sources = {}
    for name, column, all_codes, declared in (
        ("arrest", "charge", ARREST_CODES, ARRESTS),
        ("victimization", "crime", HARM_CODES, HARMS),
    ):
        indices = {"all": all_codes}
        indices |= {index.replace(" ", "_"): codes_in(index, declared) for index in INDICES}
        indices = {index: codes for index, codes in indices.items() if codes}
        sources[name] = {"column": column, "codes": all_codes, "indices": indices}
    return {"sources": sources, "windows": WINDOWS}


def make(folder: Path, people: int) -> None:
    """Make the data."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        world = Path(name) / "world"
        simulate = ("simulate", "violence-prevention", "--people", str(people))
        child_cost(TOOL, *simulate, "--out", str(world))
        indexed(world)
        study = load(world / "study.toml")
        for file in ("agency.toml", "paper.toml"):
            copyfile(world / file, folder / file)
        sources = study.agency.sources
        tables = {source: folder / "events" / f"{source}.parquet" for source in sources}
        for source, path in tables.items():
            made = assemble_source(source, sources[source], study.data, study.agency.extracted_on)
            write_table(made.events, path)
    with DuckDB(2) as engine:
        cohort, _ = draw(study.spec.cohort, History.open(engine, tables, sources))
    write_table(cohort, folder / "cohort.parquet")
    dates = cohort["as_of"].unique().to_pylist()
    since = {day.isoformat(): LOOKBACK.before(day).isoformat() for day in sorted(dates)}
    (folder / "work.json").write_text(json.dumps(work() | {"edges_since": since}, indent=1))


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
