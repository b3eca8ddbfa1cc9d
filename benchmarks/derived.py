"""What deriving releases costs, and how far off they are, for three ways with missing sentences.

The custody world at full size, ids of one person put together first: releases are derived by
the world's own ``[derived.projected_release]``, and the three ways compared with the truth. The
model's goal is to save at least a tenth of the error of the median, the lower end of the interval
included, on people it was not fitted on.

Prints the comparison in words, a table and, as its last line, one JSON object of figures.
`--quick` takes 50,000 people; the seconds then have the goal of the full size.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from measuring import Figure, cpu_of, figure, show

from commonweal.core.tables import read_table
from commonweal.linkage.repeats.find import find_repeats
from commonweal.linkage.repeats.merging import merge
from commonweal.records.assemble import assemble_source
from commonweal.records.derived import Derived, derive
from commonweal.records.missing import compare_missing
from commonweal.simulate.world import simulate
from commonweal.study.load import load
from commonweal.study.spec import Study

FULL, QUICK = 949_524, 50_000


def people_of(study: Study) -> dict[str, pa.Table]:
    """Return the events of detainers and crimes under the ids of people."""
    agency, spec = study.agency, study.agency.repeats
    assert spec is not None
    events = {
        name: assemble_source(name, agency.sources[name], study.data, agency.extracted_on).events
        for name in (spec.orders, spec.history)
    }
    found = find_repeats(spec, events[spec.orders], events[spec.history], agency.sources["crime"])
    return {n: merge(n, t, spec, agency.sources[n], found).events for n, t in events.items()}


def ends(folder: Path, crimes: pa.Table) -> pa.Table:
    """Return the true end of everybody's sentence."""
    truth = read_table(folder / "truth" / "records.parquet")
    truth = truth.filter(pc.equal(truth["table"].cast("string"), "crimes"))
    place = pc.index_in(crimes["record_id"], value_set=truth["record_id"].combine_chunks())
    people = read_table(folder / "truth" / "people.parquet", ["released_on"])
    ends_on = people["released_on"].take(truth["person"].take(place))
    table = pa.table({"entity_id": crimes["entity_id"], "ends_on": ends_on})
    table = table.group_by("entity_id").aggregate([("ends_on", "max")])
    return table.rename_columns(["entity_id", "ends_on"])


def measured(people: int, folder: Path) -> list[Figure]:
    """Derive, compare and measure."""
    study = load(simulate("custody", folder, people).study)
    agency, events = study.agency, people_of(study)
    spec, name = agency.derived["projected_release"], "projected_release"
    tested = study.spec.cohort.as_of.last
    got: list[Derived] = []
    cpu = cpu_of(
        lambda: got.append(
            derive(name, spec, events, agency.sources, agency.extracted_on, tested, 1)
        ),
        times=1,
    )
    print(got[0].sentence())
    held = got[0].report.held_out
    assert held is not None
    true = ends(folder, events["crime"])
    compared = compare_missing(spec, events, agency.sources, agency.extracted_on, tested, 1, true)
    print(compared.sentence())
    model, _, indicator = compared.treatments
    assert model.error is not None
    assert indicator.error is not None
    flags = read_table(folder / "truth" / "people.parquet", ["still_imprisoned"])[0]
    off = abs(got[0].report.share - pc.mean(flags).as_py())
    return [
        figure("CPU of deriving", cpu, "s", "<= 60"),
        figure("share of the median's error saved, lower end", held.low, "", ">= 0.1"),
        figure("model's error over the median's", model.error / indicator.error, "x", "<= 1"),
        figure("share not over, off the truth", off, "", "<= 0.005"),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small version")
    people = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(people, Path(folder) / "world")
        sys.stdout.flush()
        show(figures)


if __name__ == "__main__":
    main()
