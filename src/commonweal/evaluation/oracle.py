"""The true chances of simulated people: the ceiling of what any ranking of them can find.

The only module that may read the truth of a simulated world; an import contract holds that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path, PurePath
from string import Template

import ibis
import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.errors import DataError, problem
from commonweal.core.tables import Relation, collect
from commonweal.evaluation.ranking import Floats, Ints
from commonweal.simulate.truth import Truth, find_truth
from commonweal.simulate.world import WORLDS, world_named

NOBODY = -1
"""Person of an entity none of whose records is anybody's."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Who knows the true chances of simulated people.

    Parameters
    ----------
    digest
        Fingerprint of the truth.
    truth
        The truth; None where figures measured earlier are only read again.
    """

    digest: str
    truth: Truth | None = None

    @classmethod
    def beside(cls, data: Path) -> Oracle | None:
        """Return the oracle of an agency's data folder; None where no truth lies beside it.

        Raises
        ------
        DataError
            If there is one, and it is damaged, of no known world, or belongs to other tables.
        """
        truth = find_truth(data)
        if truth is None:
            return None
        if truth.world not in WORLDS:
            what = f"is of a world there is not, {truth.world!r}"
            mend = "simulate the world again, or move the truth folder away"
            raise problem(DataError, str(truth.folder), what, mend)
        return cls(truth.digest, truth)

    def study(self) -> str:
        """Return the world's own study, whose outcome has a true chance, at its full size."""
        assert self.truth is not None
        world = world_named(self.truth.world)
        text = (files(WORLDS[self.truth.world]) / "study.toml").read_text(encoding="utf-8")
        return Template(text).substitute({"made": "", **world.words(world.people)})

    def chances(
        self, rows: pa.Table, history: History, tables: Mapping[str, str], outcome: str,
        as_of: date, until: date,
    ) -> Floats | None:  # fmt: skip
        """Return each row's true chance of the outcome in [as_of, until).

        Estimated: nothing; the chance is the one the simulation itself drew from, given the
        state of the world on the as-of date. Assumes that a row's entity is the person most of
        its records belong to: where ids are wrong, it can be somebody else's chance.

        Parameters
        ----------
        rows
            ``row``, ``entity_id``, ``as_of``, all of one as-of date.
        history
            The past, of all sources.
        tables
            Source -> its raw table, as declared.
        outcome
            Source of the outcome's events.
        as_of, until
            The outcome window.

        Returns
        -------
        numpy.ndarray or None
            In the order of `rows`; None where the world knows no chance of this outcome.
        """
        assert self.truth is not None
        people = persons(rows, history, tables, self.truth.records)
        return self.truth.chance(outcome, people, as_of, until)


def persons(rows: pa.Table, history: History, tables: Mapping[str, str], records: Path) -> Ints:
    """Return the person most of each row's records known before its as-of date belong to.

    Parameters
    ----------
    rows
        ``row``, ``entity_id``, ``as_of``.
    history
        The past, of all sources.
    tables
        Source -> its raw table, as declared.
    records
        Table of whose record is whose: ``table``, ``record_id``, ``person``.

    Returns
    -------
    numpy.ndarray
        Persons in the order of `rows`; among equals the lowest number, `NOBODY` where no record
        is anybody's.
    """
    engine = history.engine
    asked, whose = engine.table(rows), engine.parquet(records)
    counts = []
    for stem, sources in _by_stem(tables).items():
        # Several sources may read one table; each of its records counts once.
        past = _together((history.of(s, asked).select("row", "record_id") for s in sources), True)
        mine = whose.filter(whose["table"] == stem).select("record_id", "person")
        joined = past.join(mine, "record_id")
        counts.append(engine.cache(joined.group_by("row", "person").agg(n=joined.count())))
    every = _together(counts)
    total = every.group_by("row", "person").agg(n=every.n.sum())
    order = [ibis.desc("n"), ibis.asc("person")]
    ranked = total.mutate(place=ibis.row_number().over(group_by="row", order_by=order))
    found = collect(ranked.filter(ranked.place == 0).select("row", "person"), "row")
    places = np.searchsorted(ids := rows["row"].to_numpy(), found["row"].to_numpy())
    people = np.full(len(ids), NOBODY, dtype=np.int64)
    people[places] = found["person"].to_numpy()
    return people


def _by_stem(tables: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the name of each raw table -> the sources that read it."""
    found = defaultdict(list)
    for source, table in sorted(tables.items()):
        found[PurePath(table).stem].append(source)
    return found


def _together(parts: Iterable[Relation], distinct: bool = False) -> Relation:
    several = list(parts)
    return ibis.union(*several, distinct=distinct) if several[1:] else several[0]
