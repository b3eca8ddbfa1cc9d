"""Features of some people at any date, by the code that built the features models learned from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from commonweal.core.engines.address import ENGINE, Address
from commonweal.core.engines.open import check_engine
from commonweal.core.errors import DataError, StudyError, problem
from commonweal.core.results import Finding, Severity
from commonweal.core.tables import Engine, write_table
from commonweal.features.cells import Values
from commonweal.features.matrix import FeatureMatrix
from commonweal.study.asked import ENTITY, Population, Refused, ids_of, population
from commonweal.study.features import features
from commonweal.study.finished import Finished, Newer, differences, finished, helping
from commonweal.study.live_file import check_place, write
from commonweal.study.matrix import matrix
from commonweal.study.spec import Study
from commonweal.study.stages import code_below, history

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Told:
    """Who was asked for and what was found.

    Parameters
    ----------
    people
        Those asked for: built and refused.
    findings
        What was found about the run and the date.
    """

    people: Population
    findings: tuple[Finding, ...] = field(repr=False)

    def sentence(self) -> str:
        """Say how many were asked for, built and refused, and why."""
        return self.people.sentence()

    @property
    def refused(self) -> tuple[Refused, ...]:
        """For whom no features were built, and why."""
        return self.people.refused

    @property
    def warnings(self) -> tuple[str, ...]:
        """What one should know before using the features."""
        return tuple(one.message for one in self.findings if one.severity is Severity.WARN)


@dataclass(frozen=True, slots=True)
class LiveFeatures(Told):
    """Features of some people at one date.

    Parameters
    ----------
    names
        The run's columns, in its order.
    values
        One row a person of ``people.inside``, one column a name; float32.
    """

    names: tuple[str, ...] = field(repr=False)
    values: Values = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """Return ``entity_id``, ``as_of`` and a column a feature, one row a person."""
        import pandas as pd

        found = pd.DataFrame(self.values, columns=list(self.names))
        found.insert(0, "as_of", [self.people.as_of] * len(found))
        found.insert(0, ENTITY, self.people.inside.to_pylist())
        return found


def live_features(
    run: Path | str, as_of: date, entities: Path | str | Iterable[object], *,
    data: Path | str | None = None, extracted_on: date | None = None,
    threads: int = 2, engine: str | None = None,
) -> LiveFeatures:  # fmt: skip
    """Build a run's features for some people at any date; nothing is written.

    Parameters
    ----------
    run
        Folder of a finished run of a study that helps.
    as_of
        Only what was known before this day is seen.
    entities
        Ids, or a ``.csv`` or ``.parquet`` file with a column ``entity_id``.
    data
        Folder or database of newer tables; None for the run's own records.
    extracted_on
        First day whose records newer tables do not hold; `as_of` or the run's day of
        extraction, whichever is later, where none is given.
    threads
        Threads used; no value depends on it.
    engine
        Where relations are computed, as for `run`; no value depends on it.

    Raises
    ------
    BurdenError
        If the study's action burdens people.
    StudyError
        If there is no finished run, other code built its features, the date lies outside the
        records, or the engine cannot be used.
    DataError
        If the ids or the newer tables are not sound, or nobody asked for can be built.
    """
    with _built(Path(run), as_of, entities, data, extracted_on, threads, engine) as (told, found):
        values = found.take(np.arange(found.rows), threads=threads)
        return LiveFeatures(told.people, told.findings, found.names, values)


def write_live_features(
    run: Path | str, as_of: date, entities: Path | str | Iterable[object], to: Path | str, *,
    data: Path | str | None = None, extracted_on: date | None = None,
    threads: int = 2, engine: str | None = None,
) -> Told:  # fmt: skip
    """Build a run's features for some people at any date and write them.

    Parameters
    ----------
    run, as_of, entities, data, extracted_on, threads, engine
        As for `live_features`.
    to
        Parquet file to write, outside the run's folder: ``entity_id``, ``as_of`` and a column a
        feature, ordered by id. Beside it lies ``NAME.refused.csv``: ``entity_id``, ``reason``.

    Raises
    ------
    BurdenError, StudyError, DataError
        As for `live_features`; StudyError also if `to` cannot be written.
    """
    run, to = Path(run), Path(to)
    check_place(run, to, entities)
    with _built(run, as_of, entities, data, extracted_on, threads, engine) as (told, found):
        write(told.people, found, to, threads)
    return told


@contextmanager
def _built(
    run: Path, as_of: date, entities: Path | str | Iterable[object], data: Path | str | None,
    extracted_on: date | None, threads: int, engine: str | None,
) -> Iterator[tuple[Told, FeatureMatrix]]:  # fmt: skip
    """Give the features of those in the population, and what is to be told about it."""
    address = Address.parse(engine or os.environ.get(ENGINE))
    helping(run, run)
    ids = ids_of(entities)
    check_engine(address, threads)
    with finished(run, _newer(as_of, data, extracted_on), threads, address) as opened:
        study = opened.shop.study
        with opened.shop.engine() as here:
            _check_date(opened, here, as_of)
            people = population(here, opened.shop, opened.made, ids, as_of)
        if not len(people.inside):
            what = f"nobody asked for is in the study's population at {as_of}: {people.reasons()}"
            raise problem(DataError, "entities", what, "see the [cohort] of the study")
        told = Told(people, (*opened.findings, _identities(study, as_of)))
        yield told, _matrix(opened, people)


def _newer(as_of: date, data: Path | str | None, extracted_on: date | None) -> Newer | None:
    if data is not None:
        return Newer(data, as_of, extracted_on)
    if extracted_on is not None:
        what = "is about newer tables, and none are given"
        raise problem(StudyError, "--extracted-on", what, "name them with --data, or drop it")
    return None


def _check_date(opened: Finished, engine: Engine, as_of: date) -> None:
    """Refuse a date at which the records are not whole, or had not begun."""
    extracted = opened.shop.study.agency.extracted_on
    if as_of > extracted:
        what = f"is {as_of}, but the records hold only what was known before {extracted}"
        mend = f"name {extracted} or an earlier day, or give newer tables with --data"
        raise problem(StudyError, "--as-of", what, mend)
    past = history(engine, opened.shop, opened.made)
    first = [events.known_on.min().to_pyarrow().as_py() for events in past.events.values()]
    begun = min((day for day in first if day is not None), default=None)
    if begun is None or as_of <= begun:
        what = f"is {as_of}, but nothing was known before {begun or extracted}"
        raise problem(StudyError, "--as-of", what, "name a day after the records begin")


def _identities(study: Study, as_of: date) -> Finding:
    """Say whether whose a record is at the date rests on records that came later."""
    code = "features.identities"
    if not study.agency.linked():
        message = "Records carry the agency's own ids; nothing was linked."
        return Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)
    if as_of == study.agency.extracted_on or as_of in study.spec.cohort.as_of.dates():
        message = "Whose a record is follows from the records known before the date."
        return Finding(code=code, severity=Severity.PASS, message=message)
    message = (
        f"{as_of} is no as-of date of the study: whose a record is follows from all records, also "
        "those that came later. Name an as-of date of the study, or the day of extraction."
    )
    return Finding(code=code, severity=Severity.WARN, message=message)


def _matrix(opened: Finished, people: Population) -> FeatureMatrix:
    """Build the run's blocks for these people, and hold their columns against the run's."""
    shop, count = opened.shop, len(people.inside)
    rows = pa.table({
        "row": pa.array(range(count), pa.int64()), ENTITY: people.inside,
        "as_of": pa.array([people.as_of] * count, pa.date32()),
    })  # fmt: skip

    def keep(folder: Path) -> None:
        write_table(rows, folder / "cohort.parquet")

    settings = [people.as_of, people.inside.to_pylist()]
    asked = shop.make("asked", code_below("cohorts"), settings, {}, keep)
    blocks = features(shop, opened.made, asked, opened.chosen())
    odd = [
        one for name, now in blocks.items() for one in differences(name, opened.blocks[name], now)
    ]
    if odd:
        raise DataError(odd)
    return matrix(blocks)
