"""What the demo study costs, and its counts beside pandas doing the same work.

Prints a table and, as its last line, one JSON object of figures. `--quick` uses a tenth of the
city.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from commonweal.cohorts.draw import draw
from commonweal.cohorts.history import History
from commonweal.core.tables import Engine, write_table
from commonweal.features.counts import build_counts
from commonweal.features.rows import Rows
from commonweal.features.spec import CountsSpec
from commonweal.records.assemble import assemble_source
from commonweal.study.load import load

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = (
    "import sys; from commonweal.study.load import load; from commonweal.study.run import run;"
    "run(load(sys.argv[1], sys.argv[2]), sys.argv[3])"
)


def child_cost(*command: str) -> tuple[float, float, float]:
    """Run a command; return wall seconds, CPU seconds and the peak memory of children in GB."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1e6


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, median of three."""
    costs = []
    for _ in range(3):
        start = time.process_time()
        work()
        costs.append(time.process_time() - start)
    return float(np.median(costs))


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


def compared(study_file: Path, data: Path, folder: Path) -> tuple[float, float, bool]:
    """Return CPU seconds of our counts and of pandas' on equal work, and whether cells agree."""
    study = load(study_file, data)
    source = study.agency.sources["arrest"]
    tables = {}
    for name in ("arrest", "victimization", "shooting"):
        made = assemble_source(name, study.agency.sources[name], data, study.agency.extracted_on)
        tables[name] = folder / f"{name}.parquet"
        write_table(made.events, tables[name])
    windows = study.spec.features["arrests"].windows  # type: ignore[union-attr]
    spec = CountsSpec(
        kind="counts", event="arrest", windows=windows, groups=("felony",), ever=False
    )
    with Engine(2) as engine:
        history = History.open(engine, tables, study.agency.sources)
        people, _ = draw(study.spec.cohort, history)
        rows = Rows.of(history, people, [date(2014, 1, 1)])
        ours = build_counts("arrests", spec, rows, history).values
        our_cost = cpu_of(lambda: build_counts("arrests", spec, rows, history))
    frame = pd.read_parquet(tables["arrest"])
    cohort = people.to_pandas()
    theirs = pandas_counts(frame, cohort, spec)
    their_cost = cpu_of(lambda: pandas_counts(frame, cohort, spec))
    assert source.groups["felony"].column == "level"
    shared = ~np.isnan(ours)
    return our_cost, their_cost, bool((ours[shared] == theirs[shared]).all())


def figure(name: str, value: float, unit: str, goal: str) -> dict[str, object]:
    """Return one figure; whether it holds follows from its value and its goal."""
    sign, bound = goal.split()
    holds = value <= float(bound) if sign == "<=" else value >= float(bound)
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "holds": holds}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    people = "4000" if parser.parse_args().quick else "40000"
    study = ROOT / "studies" / "demo" / "study.toml"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, out = folder / "data", folder / "run"
        tool = str(Path(sys.executable).parent / "commonweal")
        simulated = child_cost(tool, "simulate", "city", "--people", people, "--out", str(data))
        run = (sys.executable, "-c", SCRIPT, str(study), str(data), str(out))
        first, again = child_cost(*run), child_cost(*run)
        ours, theirs, equal = compared(study, data, folder)
    figures = [
        figure("demo wall", simulated[0] + first[0], "s", "<= 60"),
        figure("demo CPU", simulated[1] + first[1], "CPU-s", "<= 60"),
        figure("demo peak memory", first[2], "GB", "<= 2"),
        figure("second run over first, CPU", again[1] / first[1], "ratio", "<= 0.6"),
        figure("pandas over our counts, CPU", theirs / ours, "ratio", ">= 1"),
        figure("count cells equal to pandas'", float(equal), "share", ">= 1"),
    ]
    print(f"{'figure':32} {'value':>10} {'unit':8} {'goal':8} holds")
    for one in figures:
        print(f"{one['name']:32} {one['value']:10} {one['unit']:8} {one['goal']:8} {one['holds']}")
    print(json.dumps({"figures": figures}))


if __name__ == "__main__":
    main()
