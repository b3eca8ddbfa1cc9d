"""The data dictionary: what every column is, and how much of it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commonweal.features.columns import Feature

FEWEST = 22
"""Rows that two neighbouring steps of a published share are apart at least."""
RARE = 10
"""Rows up to which a code is not named where small cells are not shown."""
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
HEADER = (
    "feature", "block", "meaning", "window", "unit", "missing", "share_recorded", "share_nonzero",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """One block's columns and how many rows they hold something in.

    Parameters
    ----------
    features
        The columns, in order.
    rows
        Rows of the matrix.
    recorded
        Rows in which each column is not missing.
    nonzero
        Rows in which each column is neither missing nor 0.
    """

    features: Sequence[Feature]
    rows: int
    recorded: Sequence[int]
    nonzero: Sequence[int]


def dictionary(blocks: Sequence[Described], exact: bool) -> list[tuple[str, ...]]:
    """Return one line a column, after `HEADER`.

    Parameters
    ----------
    blocks
        The blocks, in order.
    exact
        Whether shares are given as they are. Otherwise they are rounded down to steps so far
        apart that no number of rows between 1 and 10 can be told, nor a difference of two, and
        codes of hardly anybody are not named.
    """
    lines: list[tuple[str, ...]] = [HEADER]
    for block in blocks:
        hidden = set[str]() if exact else _rare(block)
        for place, feature in enumerate(block.features):
            name, meaning = feature.name, feature.meaning
            if _series(name) in hidden:
                name, meaning = f"{name.partition('=')[0]}=(rare)", "A code of hardly anybody."
            lines.append((
                name, feature.block, meaning, feature.window, feature.unit, feature.missing,
                share(block.recorded[place], block.rows, exact),
                share(block.nonzero[place], block.rows, exact),
            ))  # fmt: skip
    return lines


def share(count: int, rows: int, exact: bool) -> str:
    """Return a share of rows as text, empty where none can be given."""
    if exact:
        return f"{count / rows:.6f}" if rows else ""
    step = next((one for one in _STEPS if one * rows >= FEWEST), None)
    if step is None:
        return ""
    steps = round(1 / step)
    return f"{count * steps // rows / steps:.2f}"


def _series(name: str) -> str:
    """Return what the columns of one code have in common; all of the name where it has none."""
    before, is_code, code = name.partition("=")
    if not is_code:
        return name
    stem, counted, _ = code.rpartition(".count.")
    return f"{before}={stem if counted else code}"


def _rare(block: Described) -> set[str]:
    most: dict[str, int] = {}
    for feature, count in zip(block.features, block.nonzero, strict=True):
        if "=" in feature.name:
            series = _series(feature.name)
            most[series] = max(most.get(series, 0), count)
    return {series for series, count in most.items() if count <= RARE}
