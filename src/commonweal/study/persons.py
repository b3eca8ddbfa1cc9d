"""Who the rows of a cohort are about, whatever ids they went by at their as-of dates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.study.stages import ALIASES

Persons = NDArray[np.int64]


def persons(people: Artefact, made: Mapping[str, Artefact]) -> tuple[Persons, list[str]]:
    """Return the person of each cohort row, as a place among ids, and the ids, ascending.

    Where records were linked, somebody may have gone by another id at an earlier date: people are
    told apart as all records together tell them.
    """
    ids = read_table(people.file("cohort.parquet"), ["entity_id"])["entity_id"].to_pylist()
    linked = [a for _, a in sorted(made.items()) if ALIASES in a.files]
    if linked:
        table = read_table(linked[0].file(ALIASES), ["entity_id", "in_the_end"])
        columns = (table[name].to_pylist() for name in ("entity_id", "in_the_end"))
        ends = dict(zip(*columns, strict=True))
        ids = [ends.get(one, one) for one in ids]
    names = sorted(set(ids))
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[one] for one in ids], np.int64), names
