"""What finding repeated orders costs, beside reading and writing alone, and how right it is.

The custody world at full size (1.1 million detainers, 4.1 million crimes): its events are read,
the ids that are one person's found, and detainers and crimes put under the ids of people and
written, in a process of its own. The floor is reading, sorting and writing the same events and
nothing else. Precision and recall are those of pairs of ids, against the world's truth, in the
presets ``paper`` and ``hard``.

Prints a table and, as its last line, one JSON object of figures. `--quick` takes 50,000 people;
its goals are then so much smaller, with what loading libraries costs, and the ratio is left out:
loading is most of both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from measuring import TOOL, Cost, Figure, child_cost, figure, show

from commonweal.core.tables import read_table, write_table
from commonweal.linkage.repeats.find import find_repeats
from commonweal.linkage.repeats.merging import merge
from commonweal.records.assemble import assemble_source
from commonweal.records.codes import coded
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.study.load import load
from commonweal.study.spec import Study

FULL, QUICK = 949_524, 50_000
RECALL = {"paper": 0.99, "hard": 0.98}


def opened(folder: Path) -> tuple[Study, RepeatSpec]:
    """Read the world's study and its ``[repeats]``."""
    study = load(folder / "study.toml")
    assert study.agency.repeats is not None
    return study, study.agency.repeats


def assemble(folder: Path) -> None:
    """Write the events of detainers and crimes."""
    study, spec = opened(folder)
    sources = study.agency.sources
    for name in (spec.orders, spec.history):
        got = assemble_source(name, sources[name], study.data, study.agency.extracted_on)
        write_table(got.events, folder / f"{name}.parquet")


def find(folder: Path) -> None:
    """Find the repeats and put both sources under the ids of people."""
    study, spec = opened(folder)
    sources = study.agency.sources
    events = {n: read_table(folder / f"{n}.parquet") for n in (spec.orders, spec.history)}
    got = find_repeats(spec, events[spec.orders], events[spec.history], sources[spec.history])
    write_table(got.people, folder / "people.parquet")
    write_table(got.orders, folder / "orders.parquet")
    for name in list(events):
        merged = merge(name, events.pop(name), spec, sources[name], got)
        write_table(merged.events, folder / f"{name}-merged.parquet")


def floor(folder: Path) -> None:
    """Read, sort and write both sources and nothing else."""
    _, spec = opened(folder)
    order = ("entity_id", "known_on", "occurred_on", "record_id")
    for name in (spec.orders, spec.history):
        table = read_table(folder / f"{name}.parquet")
        table = table.sort_by([(column, "ascending") for column in order])
        write_table(table, folder / f"{name}-again.parquet")


STEPS = {"assemble": assemble, "find": find, "floor": floor}


def step(name: str, folder: Path) -> Cost:
    """Run one step in a process of its own."""
    return child_cost(sys.executable, __file__, "--step", name, "--folder", str(folder))


def pairs(group: np.ndarray) -> int:
    """Count the pairs of members of the same group."""
    size = np.unique(group, return_counts=True)[1].astype(np.int64)
    return int((size * (size - 1) // 2).sum())


def quality(folder: Path) -> tuple[float, float, float, float]:
    """Return precision, recall, the share of orders that are repeats, and the true share."""
    events = read_table(folder / "detainer.parquet", ["record_id", "entity_id"])
    truth = read_table(folder / "truth" / "records.parquet")
    truth = truth.filter(pc.equal(truth["table"].cast("string"), "detainers"))
    place = pc.index_in(events["record_id"], value_set=truth["record_id"].combine_chunks())
    person = np.asarray(truth["person"].take(place)).astype(np.int64)
    owner, _ = coded(events["entity_id"])
    true = person[np.unique(owner, return_index=True)[1]]
    said, _ = coded(read_table(folder / "people.parquet")["person_id"])
    both = pairs(true * said.size + said)
    superseded = read_table(folder / "orders.parquet")["superseded_on"]
    share = 1.0 - superseded.null_count / len(superseded)
    return both / pairs(said), both / pairs(true), share, 1.0 - np.unique(person).size / person.size


def measured(people: int, quick: bool, folder: Path) -> list[Figure]:
    """Measure both presets; the parent stays small until all children have run."""
    costs: dict[str, Cost] = {}
    for noise in RECALL:
        out = str(folder / noise)
        child_cost(
            TOOL, "simulate", "custody", "--people", str(people), "--noise", noise, "--out", out
        )
        step("assemble", folder / noise)
        costs[noise] = step("find", folder / noise)
    alone = step("floor", folder / "paper")
    cpu, memory = (5, 0.6) if quick else (60, 3)
    figures = []
    for noise, cost in costs.items():
        figures.append(figure(f"{noise}: CPU of finding and merging", cost.cpu, "s", f"<= {cpu}"))
        figures.append(figure(f"{noise}: peak of memory", cost.memory, "GB", f"<= {memory}"))
    if not quick:
        ratio = costs["paper"].cpu / alone.cpu
        figures.append(figure("paper: CPU over reading, sorting, writing", ratio, "x", "<= 4"))
    for noise, recall in RECALL.items():
        precision, found, share, true = quality(folder / noise)
        figures.append(figure(f"{noise}: precision of pairs of ids", precision, "", ">= 0.99"))
        figures.append(figure(f"{noise}: recall of pairs of ids", found, "", f">= {recall}"))
        off = abs(share - true)
        figures.append(figure(f"{noise}: share of repeats, off the truth", off, "", "<= 0.005"))
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small version")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        STEPS[asked.step](asked.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        show(measured(QUICK if asked.quick else FULL, asked.quick, Path(folder)))


if __name__ == "__main__":
    main()
