"""What the records get wrong about a child, and numbers that split a child in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.children import names
from commonweal.simulate.children.families import RACES, Families
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.children.rows import Rows
from commonweal.simulate.columns import Floats, Ints, Mask, numbered


@dataclass(frozen=True, slots=True)
class Written:
    """What each row of the investigations says about its child.

    Parameters
    ----------
    first_name, last_name
        Places in `first_names` and `last_names`.
    born, no_birth
        Birth date (days since 1970-01-01), and whether there is none.
    girl
        Gender.
    race
        Place in `RACES`.
    """

    first_name: Ints
    last_name: Ints
    born: Ints
    no_birth: Mask
    girl: Mask
    race: Ints


def first_names() -> list[str]:
    """Return the spellings that `Written.first_name` points into."""
    return names.spelled([*names.girls(), *names.boys()])


def last_names() -> list[str]:
    """Return the spellings that `Written.last_name` points into."""
    return names.spelled(names.families())


def write_down(families: Families, rows: Rows, day: Ints, knobs: Knobs, seed: int) -> Written:
    """Return what is written about each row's child, errors included.

    Errors are independent from row to row. No birth date is written that lies after the report.
    """
    child, count = rows.child, rows.child.size
    given = names.popular(families.family.size, len(names.girls()), seed, "first")
    given = np.where(families.girl, given, given + len(names.girls()))
    surname = names.popular(families.size, len(names.families()), seed, "last")
    draw = [stream(seed, "children", "noise", name).random(count) for name in _NOISES]
    race = families.race[families.family[child]]
    wrong = (race + 1 + np.floor(draw[5] * (len(RACES) - 1)).astype(np.int64)) % len(RACES)
    # A misspelt row has one misspelt name; the draws below are scaled to the share of each.
    each = knobs.name_typo / 2
    return Written(
        first_name=names.misspelt(given[child], each, draw[0]),
        last_name=names.misspelt(surname[families.family[child]], each, 1.0 - draw[0]),
        born=_birth(families.born[child], day, knobs.birth_wrong, draw[1], draw[2]),
        no_birth=draw[3] < knobs.birth_missing,
        girl=families.girl[child] ^ (draw[4] < knobs.gender_wrong),
        race=np.where(draw[6] < knobs.race_wrong, wrong, race),
    )


_NOISES = ("names", "birth", "how", "no birth", "gender", "race to", "race")


def _birth(born: Ints, day: Ints, share: float, wrong: Floats, how: Floats) -> Ints:
    """Write some birth dates wrongly: a year, a month or some days off."""
    off = np.array([-365, 365, -31, 31, -9, 9, -10, 1])
    moved = born + off[np.floor(how * off.size).astype(np.int64)]
    moved = np.where(moved > day, 2 * born - moved, moved)
    return np.where(wrong < share, moved, born)


def numbers(
    owner: Ints, day: Ints, order: Ints, share: float, seed: int, name: str
) -> Ints:  # fmt: skip
    """Return the agency's number of each record's owner.

    Parameters
    ----------
    owner
        Whose record it is.
    day, order
        When it was made, and what decides between records of one day.
    share
        Share of the records after an owner's first on which a new number is opened, that later
        records then carry.
    seed, name
        The world's seed, and what is numbered.
    """
    sequence = np.lexsort((order, day, owner))
    new = np.diff(owner[sequence], prepend=-1) != 0
    new |= stream(seed, "children", "split", name).random(owner.size) < share
    place = np.empty(owner.size, dtype=np.int64)
    place[sequence] = np.cumsum(new) - 1
    found: Ints = numbered(int(new.sum()), seed, "children", name)[place]
    return found
