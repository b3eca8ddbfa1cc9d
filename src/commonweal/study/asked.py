"""For whom features are asked, and who of them is in the study's population at a date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import Grid, Period
from commonweal.core.errors import DataError, Problem, problem
from commonweal.core.tables import Engine
from commonweal.records.cast import cast
from commonweal.records.read import read_raw, table_file
from commonweal.study.stages import Records, Workshop, drawn, history

ENTITY = "entity_id"
_SHOWN = 10
UNKNOWN, OUTSIDE, EXCLUDED = "unknown id", "does not meet the rules of inclusion", "excluded"
_COUNTED = {UNKNOWN: "with an unknown id", OUTSIDE: "who do not meet the rules of inclusion",
            EXCLUDED: "whom the rules exclude"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody for whom no features are built.

    Parameters
    ----------
    entity_id
        The id as it was given.
    reason
        ``unknown id`` (no record about it was known before the date), ``does not meet the rules
        of inclusion`` or ``excluded``.
    """

    entity_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Population:
    """Those asked for, told apart by the study's own rules at one date.

    Parameters
    ----------
    as_of
        The date.
    inside
        Ids of those in the population, ascending.
    refused
        The others, ascending by id.
    """

    as_of: date
    inside: pa.Array
    refused: tuple[Refused, ...]

    def sentence(self) -> str:
        """Say how many were asked for, built and refused, and why."""
        built, refused = len(self.inside), len(self.refused)
        text = f"As of {self.as_of}: {built + refused:,} asked for, {built:,} built, "
        text += f"{refused:,} refused"
        return f"{text} ({self.reasons()})." if refused else f"{text}."

    def reasons(self) -> str:
        """Say how many were refused for which reason."""
        counts = Counter(one.reason for one in self.refused)
        return ", ".join(f"{counts[why]:,} {how}" for why, how in _COUNTED.items() if counts[why])


def ids_of(entities: Path | str | Iterable[object]) -> pa.Array:
    """Read the ids asked for: of a file's column ``entity_id``, or as they are given.

    Parameters
    ----------
    entities
        A ``.csv`` or ``.parquet`` file, or ids. Whole numbers are ids as records read them.

    Raises
    ------
    DataError
        If the file cannot be read, names nobody, or an id is missing or stands twice; with the
        rows.
    """
    if not isinstance(entities, (str, Path)):
        return _checked(_column(entities), "entities")
    path = Path(entities)
    if not table_file(path.parent, path.name).is_file():
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise problem(DataError, str(path), what, f"name a file with a column {ENTITY}")
    table = read_raw(path.parent, path.name, [ENTITY])
    return _checked(table[ENTITY], f"{path.name}: column {ENTITY}")


def _column(entities: Iterable[object]) -> pa.ChunkedArray:
    if isinstance(entities, pa.ChunkedArray):
        return entities
    if isinstance(entities, pa.Array):
        return pa.chunked_array([entities])
    values: list[Any] = list(entities)
    try:
        return pa.chunked_array([pa.array(values)])
    except (pa.ArrowException, TypeError) as error:
        what = "are of more than one type"
        raise problem(DataError, "entities", what, "give all ids as text") from error


def _checked(column: pa.ChunkedArray, where: str) -> pa.Array:
    if len(column) == 0:
        raise problem(DataError, where, "names nobody", "add a row for each person")
    ids, bad = cast(column, "text")
    problems = list(_mistakes(column, ids, bad, where))
    if len(problems) > _SHOWN:
        more = Problem(where, f"has {len(problems) - _SHOWN:,} more such rows")
        problems = [*problems[:_SHOWN], more]
    if problems:
        raise DataError(problems)
    return ids


def _mistakes(
    column: pa.ChunkedArray, ids: pa.Array, bad: np.ndarray[Any, Any], where: str
) -> Iterator[Problem]:
    """Yield the rows without an id, and those whose id stood before; rows count from 1."""
    first: dict[str, int] = {}
    for row, value in enumerate(ids.to_pylist(), start=1):
        if bad[row - 1]:
            what = f"is no id ({column[row - 1].as_py()!r})"
            yield Problem(f"{where}, row {row}", what, "write ids as text or whole numbers")
        elif value is None:
            yield Problem(f"{where}, row {row}", "is empty", "fill in the id, or drop the row")
        elif value in first:
            what = f"{value!r} stands in row {first[value]} already"
            yield Problem(f"{where}, row {row}", what, "name everybody once")
        else:
            first[value] = row


def population(
    engine: Engine, shop: Workshop, made: Records, ids: pa.Array, as_of: date
) -> Population:
    """Tell apart who is in the study's population at a date, by the code that draws cohorts.

    Parameters
    ----------
    engine
        Where relations are computed.
    shop, made
        The study, and source -> its events.
    ids
        Those asked for, each once.
    as_of
        The date.
    """
    grid = Grid(every=Period(1, "days"), first=as_of, last=as_of)
    rules = replace(shop.study.spec.cohort, as_of=grid)
    cohort, _ = drawn(engine, shop, made, rules)
    included, _ = drawn(engine, shop, made, replace(rules, exclude=()))
    inside = cohort[ENTITY].filter(pc.is_in(cohort[ENTITY], value_set=ids))
    others = ids.filter(pc.invert(pc.is_in(ids, value_set=inside)))
    others = others.take(pc.sort_indices(others))
    excluded = set(
        included[ENTITY].filter(pc.is_in(included[ENTITY], value_set=others)).to_pylist()
    )
    known = _known(engine, shop, made, others, as_of)
    refused = [
        Refused(one, EXCLUDED if one in excluded else OUTSIDE if one in known else UNKNOWN)
        for one in others.to_pylist()
    ]
    return Population(as_of, inside.combine_chunks(), tuple(refused))


def _known(
    engine: Engine, shop: Workshop, made: Records, ids: pa.Array, as_of: date
) -> set[object]:
    """Return the ids about which anything was known before a date."""
    past = history(engine, shop, made)
    wanted = engine.table(pa.table({ENTITY: ids}))
    found: set[object] = set()
    for source in sorted(made):
        mine = past.everyone(source, [as_of]).semi_join(wanted, ENTITY)
        found |= set(mine.select(ENTITY).distinct().to_pyarrow()[ENTITY].to_pylist())
    return found
