"""A study whose tables stand in a database: they are fetched once, at one moment, and read here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from commonweal.core.engines.open import reading
from commonweal.study.spec import Study


@contextmanager
def fetched(study: Study) -> Iterator[Study]:
    """Give a study whose tables are files; those of a database lie in a folder for as long.

    Raises
    ------
    StudyError
        If the database cannot be used.
    DataError
        If a table or column is not there.
    """
    if study.database is None:
        yield study
        return
    with TemporaryDirectory(prefix="commonweal-") as folder:
        with reading(study.database) as connection:
            from commonweal.records.fetch import fetch

            sources = study.agency.sources.values()
            fetch(connection, study.database.schema, sources, Path(folder))
        yield replace(study, data=Path(folder), database=None)
