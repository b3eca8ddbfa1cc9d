"""What a harmful mutation is: damage to a copy, and what a reader must be told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Told:
    """What must be said of a mutation.

    Parameters
    ----------
    file
        File that must be named.
    column
        Column, or setting by path, that must be named; none where the file is damaged whole.
    rows
        Rows of which one must be named; none where no single cell is at fault.
    warned
        Whether the declared policy keeps the row: then the finding is printed and counted.
    """

    file: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    warned: bool = False


Mutation = Callable[[Path, Rng], Told]
CATALOGUE: dict[str, Mutation] = {}


def kind(mutation: Mutation) -> Mutation:
    CATALOGUE[mutation.__name__] = mutation
    return mutation


def pick(rng: Rng, values: Sequence[Any]) -> Any:
    return values[int(rng.integers(len(values)))]
