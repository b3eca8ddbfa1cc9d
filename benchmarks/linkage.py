"""What linkage costs and how good it is, beside splink with connected components and recordlinkage.

The violence-prevention world, preset ``paper``, of 430,000 people: a million records. Errors are
1 - F1 over open pairs (at least one record without a trusted id), against the truth. splink is set
up as its documentation says (`splink_alone.py`), and once more with commonweal's own comparisons
and probabilities; both times with connected components, at the threshold that the truth says is
best. commonweal's threshold is chosen without truth.

CPU seconds are those of linking: of a process that links, less one that loads the same libraries
and reads the same tables. Memory is the whole process's.

Prints a table and, as its last line, one JSON object of figures. `--quick` takes 40,000 people and
leaves out what only counts at size; `--people 5400000` is the full city, without the peers. Our
clustering keeps rules, splink's none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from measuring import TOOL, Figure, child_cost, figure, show
from splink_alone import Predicted, best_f1, predict

from commonweal.core.tables import read_table
from commonweal.linkage.candidates import compare_records
from commonweal.linkage.clusters import cluster, limits, must_links
from commonweal.linkage.counting import count_pairs
from commonweal.linkage.link import Linkage, link_records
from commonweal.linkage.spec import Columns, LinkageSpec
from commonweal.study.load import load

MILLION, QUICK = 430_000, 40_000
PEERS = Path(__file__).resolve().parent.parent / ".peers" / "bin" / "python"
SAMPLE = 100_000
COLUMNS = Columns(
    source="source", record="record_id", occurred_on="occurred_on", terminal="terminal"
)
TABLES = {"arrests": "arrested_on", "victimizations": "occurred_on", "shootings": "occurred_on",
          "homicides": "occurred_on"}  # fmt: skip


def spec_of(folder: Path) -> LinkageSpec:
    """Read the world's own declaration."""
    spec = load(folder / "study.toml").agency.linkage
    assert spec is not None
    return spec


def records(folder: Path) -> pa.Table:
    """Read the four tables as one, in the columns that are linked."""
    spec = spec_of(folder)
    parts = []
    for name, day in TABLES.items():
        wanted = [*spec.fields, "record_id", day, *(["ir_number"] if name == "arrests" else [])]
        table = read_table(folder / "data" / f"{name}.parquet", wanted)
        table = table.rename_columns(["occurred_on" if c == day else c for c in wanted])
        text = table["record_id"].cast(pa.string())
        table = table.set_column(table.column_names.index("record_id"), "record_id", text)
        kind = pa.array([name]).take(pa.array(np.zeros(table.num_rows, np.int8)))
        end = pa.array(np.full(table.num_rows, name == "homicides"))
        parts.append(table.append_column("source", kind).append_column("terminal", end))
    return pa.concat_tables(parts, promote_options="default").combine_chunks()


def persons(folder: Path, table: pa.Table) -> np.ndarray:
    """Return the true person of each record."""
    truth = read_table(folder / "truth" / "records.parquet")
    key = pc.binary_join_element_wise(truth["table"].cast(pa.string()), truth["record_id"], ":")
    asked = pc.binary_join_element_wise(table["source"], table["record_id"], ":")
    place = pc.index_in(asked, value_set=key.combine_chunks())
    return np.asarray(truth["person"].take(place)).astype(np.int64)


def run_link(folder: Path) -> None:
    """Link, and write whom each record is of."""
    found = link_records(records(folder), spec_of(folder), COLUMNS)
    np.save(folder / "entity.npy", found.entity)


def run_read(folder: Path) -> None:
    """Do all that `link` does but linking: load libraries and read the records."""
    records(folder)


STEPS = {"link": run_link, "read": run_read}


def clustering(found: Linkage) -> tuple[float, float, int]:
    """Return CPU seconds of our clustering and of splink's own, and the number of pairs."""
    made = found.candidates
    bounds = limits(made.rules, made.members(), made.profiles.of, made.profiles.count)
    must = must_links(made.profiles.trusted)
    kept = made.strength >= made.threshold.value
    left, right, odds = made.pairs.left[kept], made.pairs.right[kept], made.strength[kept]
    start = time.process_time()
    cluster(left, right, odds, made.threshold.value, bounds, must)
    ours = time.process_time() - start
    return ours, _splinks_clustering(made.profiles.count, left, right, odds), len(left)


def _splinks_clustering(nodes: int, left: np.ndarray, right: np.ndarray, odds: np.ndarray) -> float:
    import duckdb
    from splink.backends.duckdb import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    database = duckdb.connect()
    database.execute("SET threads = 2; SET enable_progress_bar = false")
    chance = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    pairs = pa.table({"id_l": left, "id_r": right, "match_probability": chance})
    api = DuckDBAPI(database)
    start = time.process_time()
    cluster_pairwise_predictions_at_threshold(
        api.register(pa.table({"id": np.arange(nodes)})), api.register(pairs), api, "id",
        threshold_match_probability=0.5,
    )  # fmt: skip
    spent = time.process_time() - start
    database.close()
    return spent


def recordlinkage(table: pa.Table, folder: Path) -> float | None:
    """Return recordlinkage's CPU seconds a million pairs, on a sample; None where it is absent."""
    if not PEERS.exists():
        return None
    rows = np.sort(np.random.default_rng(1).permutation(table.num_rows)[:SAMPLE])
    names = ["first_name", "last_name", "birth_date", "street", "house_number", "sex", "race"]
    pyarrow.csv.write_csv(table.select(names).take(pa.array(rows)), folder / "sample.csv")
    script = Path(__file__).with_name("recordlinkage_alone.py")
    command = [str(PEERS), str(script), str(folder / "sample.csv")]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(told[0]) / (int(told[1]) / 1e6)


def quality(folder: Path, table: pa.Table, peers: bool) -> list[Figure]:
    """Measure errors against the truth."""
    spec, person = spec_of(folder), persons(folder, table)
    found = link_records(table, spec, COLUMNS)
    made = found.candidates
    closed = np.empty(table.num_rows, np.bool_)
    closed[made.prepared.place] = made.prepared.trusted >= 0
    ours = count_pairs(found.entity, person, closed)
    print(f"commonweal: precision {ours.precision:.4f}, recall {ours.recall:.4f}, "
          f"F1 {ours.f1:.4f} at log odds {found.threshold:.2f}")  # fmt: skip
    print(found.sentence())
    figures = [
        figure("error over open pairs", 1 - ours.f1, "", "<= 0.02"),
        figure("people who break a rule", float(len(found.verify())), "people", "<= 0"),
    ]
    order = np.random.default_rng(2).permutation(table.num_rows)
    again = link_records(table.take(pa.array(order)), spec, COLUMNS)
    moved = float((found.entity[order] != again.entity).sum())
    figures.append(figure("records that move when rows are shuffled", moved, "records", "<= 0"))
    own, theirs, pairs = clustering(found)
    figures.append(figure("clustering, a million pairs", own / (pairs / 1e6), "CPU s", "<= 1.5"))
    figures.append(figure("clustering to splink's own", own / theirs, "times", "<= 1.5"))
    if not peers:
        return figures
    own_error, their_error = 1 - ours.f1, _splink_error(table, person, closed, found)
    figures.append(
        figure("error to splink's, as documented", own_error / their_error[0], "times", "<= 0.7")
    )
    figures.append(
        figure("error to splink's, our weights", own_error / their_error[1], "times", "<= 1")
    )
    cost = recordlinkage(table, folder) if table.num_rows > MILLION else None
    if cost is not None:
        compared = _comparing(table, spec)
        figures.append(
            figure("recordlinkage to ours, a pair compared", cost / compared, "times", ">= 1")
        )
    return figures


def _comparing(table: pa.Table, spec: LinkageSpec) -> float:
    """Return our CPU seconds a million compared pairs, all of linkage but clustering included."""
    start = time.process_time()
    made = compare_records(table, spec, COLUMNS)
    spent = time.process_time() - start
    return spent / (sum(p.pairs for p in made.learned.predicted if p.used) / 1e6)


def _splink_error(
    table: pa.Table, person: np.ndarray, closed: np.ndarray, found: Linkage
) -> tuple[float, float]:
    """Return splink's error as documented, and with our comparisons and probabilities."""
    made = found.candidates
    trusted = np.empty(table.num_rows, np.int64)
    trusted[made.prepared.place] = made.prepared.trusted
    alone, at = best_f1(
        predict(table), must_links(trusted), table.num_rows,
        lambda label: count_pairs(label, person, closed).f1,
    )  # fmt: skip
    print(f"splink as documented, connected components: best F1 {alone:.4f} at weight {at:.0f}")
    of, place = made.profiles.of, made.prepared.place
    theirs = Predicted(made.pairs.left, made.pairs.right, made.pairs.weight)
    mine, at = best_f1(
        theirs, must_links(made.profiles.trusted), made.profiles.count,
        lambda label: count_pairs(label[of], person[place], closed[place]).f1,
    )  # fmt: skip
    print(f"splink with our weights, connected components: best F1 {mine:.4f} at weight {at:.0f}")
    return 1 - alone, 1 - mine


def measured(people: int, folder: Path) -> list[Figure]:
    """Measure everything; children run first, while this process is small."""
    out = folder / "world"
    child_cost(TOOL, "simulate", "violence-prevention", "--people", str(people), "--out", str(out))
    command = (sys.executable, __file__, "--folder", str(out), "--step")
    child_cost(*command, "link")  # compiles, once a machine
    costs = [child_cost(*command, "link") for _ in range(3)]
    read = float(np.median([child_cost(*command, "read").cpu for _ in range(3)]))
    cpu = float(np.median([cost.cpu for cost in costs])) - read
    memory = float(np.median([cost.memory for cost in costs]))
    table = records(out)
    count = table.num_rows
    print(f"{count:,} records: {cpu:.1f} CPU s, {read:.1f} more to load libraries and read tables; "
          f"{memory:.2f} GB, {costs[0].wall:.0f} s")  # fmt: skip
    figures = []
    if people >= MILLION:
        figures += [
            figure("linkage, a million records", cpu / (count / 1e6), "CPU s", "<= 15"),
            figure("memory, a million records", memory / max(1.0, count / 1e6), "GB", "<= 1.5"),
        ]
    return figures + quality(out, table, peers=people <= MILLION)


def main() -> None:
    """Run the whole benchmark, or one step of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--people", type=int, default=MILLION)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.step:
        STEPS[given.step](given.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        show(measured(QUICK if given.quick else given.people, Path(folder)))


if __name__ == "__main__":
    main()
