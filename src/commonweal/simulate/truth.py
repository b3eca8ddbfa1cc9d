"""The truth of a simulated world, which only `evaluation.oracle` may read.

An import contract holds that: nothing else that runs imports this module or a world's `chance`.
The truth lies in a folder of its own beside the agency's tables, under a seal of its own that
names the tables it belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.canonical import file_digest, fingerprint, pretty_json
from commonweal.core.errors import DataError, problem
from commonweal.core.store import atomic_write
from commonweal.simulate.seal import SEAL

TRUTH_SEAL = "truth.json"
RECORDS = "records.parquet"
"""Every world's table of whose record is whose: ``table`` (its name), ``record_id`` (text) and
``person`` (a number from 0)."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A sound truth folder.

    Parameters
    ----------
    folder
        Where its tables are.
    world
        Name of the world.
    digest
        Fingerprint of all of it.
    """

    folder: Path
    world: str
    digest: str

    @property
    def records(self) -> Path:
        """The table of whose record is whose."""
        return self.folder / RECORDS

    def chance(
        self, outcome: str, people: NDArray[np.int64], as_of: date, until: date
    ) -> NDArray[np.float64] | None:
        """Return each person's true chance of the outcome in [as_of, until).

        Parameters
        ----------
        outcome
            Source of the outcome's events, as the world's own study calls it.
        people
            True person numbers; -1 for nobody, whose chance is 0.
        as_of, until
            The outcome window.

        Returns
        -------
        numpy.ndarray or None
            Chances given the state of the world on the as-of date, and not what happened
            after: what no forecast can beat on average. None where the world knows none for
            this outcome.
        """
        packages = import_module("commonweal.simulate.world").WORLDS
        chance: Callable[..., NDArray[np.float64] | None]
        chance = import_module(f"{packages[self.world]}.chance").chance
        return chance(self.folder, outcome, people, as_of, until)


def write_truth_seal(folder: Path, world: str, data: str) -> None:
    """Seal the truth's tables; `data` is the digest of the seal over the agency's."""
    tables = {path.name: file_digest(path) for path in sorted(folder.glob("*.parquet"))}
    contents = {"world": world, "data": data, "tables": tables}
    atomic_write(folder / TRUTH_SEAL, pretty_json(contents))


def find_truth(data: Path) -> Truth | None:
    """Return the truth beside an agency's data folder; None where there is none.

    Raises
    ------
    DataError
        If there is one, and it is damaged or belongs to other tables.
    """
    folder = data.resolve().parent / "truth"
    seal = folder / TRUTH_SEAL
    if not seal.is_file() or not (data / SEAL).is_file():
        return None
    mend = "simulate the world again, or move the truth folder away"
    try:
        contents = json.loads(seal.read_text(encoding="utf-8"))
        world, belongs = contents["world"], contents["data"]
        tables = dict(contents["tables"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise problem(DataError, str(seal), "is damaged", mend) from error
    for name, digest in tables.items():
        if not (folder / name).is_file():
            raise problem(DataError, str(folder), f"is damaged: it lacks {name}", mend)
        if file_digest(folder / name) != digest:
            raise problem(DataError, str(folder), f"holds a table that was changed, {name}", mend)
    if belongs != file_digest(data / SEAL):
        raise problem(DataError, str(folder), f"belongs to other tables than {data}", mend)
    return Truth(folder, str(world), fingerprint(contents))
