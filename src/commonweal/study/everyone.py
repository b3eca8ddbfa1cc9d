"""Everybody with the outcome who is not in the cohort, counted by protected attributes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from commonweal.cohorts.labels import having
from commonweal.cohorts.splits import Split
from commonweal.core.store import Artefact
from commonweal.core.tables import collect, read_table, write_table
from commonweal.oversight.attributes import attribute
from commonweal.study.stages import (
    Records,
    Workshop,
    aliases,
    code_below,
    declared,
    history,
    in_the_end,
    some,
)

OUTSIDE = "outside.parquet"
"""``as_of``, a column a protected attribute, and ``people``: a count, no id."""


def everyone(shop: Workshop, made: Records, people: Artefact) -> Artefact:
    """Count those with the outcome outside the cohort of each test date: ``outside.parquet``.

    Their groups are those recorded before the day by which the outcome's records were known:
    many have no earlier record. Their ages are reckoned in the year of the as-of date.
    """
    spec, agency = shop.study.spec, shop.study.agency
    tests = tuple(split for split in shop.splits if split.role == "test")
    sources = [one for protected in spec.protected.values() for one in protected.sources]

    def write(folder: Path) -> None:
        table = _outside(shop, made, people, tests)
        columns = {"as_of": table["as_of"].combine_chunks()}
        until = {split.as_of: split.known_by for split in tests}
        day = pa.array([until[one] for one in table["as_of"].to_pylist()], pa.date32())
        row = pa.array(range(table.num_rows), pa.int64())
        asked = pa.table({"row": row, "entity_id": table["entity_id"], "as_of": day})
        with shop.engine() as engine:
            # By then everybody is who they are in the end.
            past = replace(history(engine, shop, some(made, sources)), identities={})
            rows = engine.table(asked)
            for name, protected in spec.protected.items():
                columns[name] = attribute(
                    protected, past, rows, table.num_rows, on=columns["as_of"]
                )
        write_table(_counted(pa.table(columns)), folder / OUTSIDE)

    linked = aliases(made)
    parents = {**some(made, [*sources, spec.outcome.event]), "__cohort": people}
    parents |= {"__linked": linked} if linked else {}
    settings = [
        spec.outcome, agency.events[spec.outcome.event], tests, spec.protected,
        declared(shop, sources),
    ]  # fmt: skip
    code = code_below("cohorts", "oversight", "study/everyone.py")
    return shop.make("everyone", code, settings, parents, write)


def _outside(shop: Workshop, made: Records, people: Artefact, tests: tuple[Split, ...]) -> pa.Table:
    """Return (as_of, entity_id) of those with the outcome who are not in the cohort."""
    outcome = shop.study.spec.outcome
    source = shop.study.agency.events[outcome.event]
    with shop.engine() as engine:
        events = engine.parquet(made[outcome.event].file("events.parquet"))
        found = having(outcome, source, events, tests, engine)
        cohort = in_the_end(engine, engine.parquet(people.file("cohort.parquet")), aliases(made))
        return collect(found.anti_join(cohort, ["as_of", "entity_id"]), "as_of", "entity_id")


def _counted(groups: pa.Table) -> pa.Table:
    """Return how many people each combination of groups holds, date by date."""
    names = groups.column_names
    counts = sorted(Counter(zip(*(groups[n].to_pylist() for n in names), strict=True)).items())
    columns: dict[str, pa.Array] = {
        name: pa.array([key[place] for key, _ in counts], groups.schema.field(name).type)
        for place, name in enumerate(names)
    }
    return pa.table(columns | {"people": pa.array([n for _, n in counts], pa.int64())})


def outside(artefact: Artefact) -> pa.Table:
    """Read what `everyone` counted."""
    return read_table(artefact.file(OUTSIDE))
