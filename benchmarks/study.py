"""What the demo study costs, and its counts beside pandas doing the same work.

Simulates the demo's city, runs its study twice, and counts features once more with pandas. Prints a
table and, as its last line, one JSON object of figures. `--quick` uses a tenth of the city.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from features_world import indexed
from measuring import TOOL, child_cost, cpu_of, figure, show

from commonweal.cohorts.draw import draw
from commonweal.cohorts.history import History
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.tables import write_table
from commonweal.features.past import Past
from commonweal.features.registry import build_block
from commonweal.features.rows import Rows
from commonweal.features.spec import CountsSpec
from commonweal.records.assemble import assemble_source
from commonweal.study.load import load

ROOT = Path(__file__).resolve().parent.parent


def pandas_counts(events: pd.DataFrame, cohort: pd.DataFrame, spec: CountsSpec) -> np.ndarray:
    """Count incidents per group and window the usual way: filter and group, window by window."""
    columns = []
    joined = cohort.merge(events, on="entity_id")
    joined = joined[joined.known_on < joined.as_of]
    for group in ("all", *spec.groups):
        chosen = joined[joined.level == "felony"] if group == "felony" else joined
        for window in spec.windows:
            start = chosen.as_of.map({d: window.before(d) for d in cohort.as_of.unique()})
            recent = chosen[chosen.occurred_on >= start]
            counts = recent.groupby("row").event_id.nunique()
            columns.append(cohort.row.map(counts).fillna(0).to_numpy())
    return np.stack(columns, axis=1)


def compared(world: Path, folder: Path) -> tuple[float, float, bool]:
    """Return CPU seconds of our counts and of pandas' on equal work, and whether cells agree."""
    indexed(world)
    study = load(world / "study.toml")
    sources = study.agency.sources
    tables = {}
    for name, source in sources.items():
        made = assemble_source(name, source, world / "data", study.agency.extracted_on)
        tables[name] = folder / f"{name}.parquet"
        write_table(made.events, tables[name])
    windows = study.spec.features["arrests"].windows  # type: ignore[union-attr]
    spec = CountsSpec(
        kind="counts", event="arrest", windows=windows, groups=("felony",), ever=False
    )
    with DuckDB(2) as engine:
        history = History.open(engine, tables, sources)
        people, _ = draw(study.spec.cohort, history)
        rows = Rows.of(history, people, [date(2014, 1, 1)])

        def count() -> np.ndarray:
            past = Past.of(history, rows, {"arrests": spec})
            return build_block("arrests", spec, past).values

        ours, our_cost = count(), cpu_of(count)
    frame = pd.read_parquet(tables["arrest"])
    cohort = people.to_pandas()
    theirs = pandas_counts(frame, cohort, spec)
    their_cost = cpu_of(lambda: pandas_counts(frame, cohort, spec))
    assert sources["arrest"].groups["felony"].column == "level"
    shared = ~np.isnan(ours)
    return our_cost, their_cost, bool((ours[shared] == theirs[shared]).all())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    people = "10000" if parser.parse_args().quick else "100000"
    knobs = ROOT / "studies" / "demo" / "knobs.toml"
    with tempfile.TemporaryDirectory() as name:
        world, out = Path(name) / "world", Path(name) / "run"
        simulate = ("simulate", "violence-prevention", "--people", people, "--knobs", str(knobs))
        simulated = child_cost(TOOL, *simulate, "--out", str(world))
        run = (TOOL, "run", str(world / "study.toml"), "--out", str(out))
        first, again = child_cost(*run), child_cost(*run)
        ours, theirs, equal = compared(world, Path(name))
    show(
        [
            figure("demo wall", simulated.wall + first.wall, "s", "<= 60"),
            figure("demo CPU", simulated.cpu + first.cpu, "CPU-s", "<= 60"),
            figure("demo peak memory", max(simulated.memory, first.memory), "GB", "<= 2"),
            figure("second run over first, CPU", again.cpu / first.cpu, "ratio", "<= 0.6"),
            figure("pandas over our counts, CPU", theirs / ours, "ratio", ">= 1"),
            figure("count cells equal to pandas'", float(equal), "share", ">= 1"),
        ]
    )


if __name__ == "__main__":
    main()
