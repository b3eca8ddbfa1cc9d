"""Which columns a model sees: names, and shell-style patterns such as ``demographics.race*``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from commonweal.models.spec import BaseRateSpec, ModelSpec


def columns_seen(spec: ModelSpec, names: Collection[str]) -> tuple[str, ...]:
    """Return the columns a model sees among those of its blocks, in their order.

    Parameters
    ----------
    spec
        The model.
    names
        Columns of the blocks it sees.
    """
    if isinstance(spec, BaseRateSpec):
        return ()
    kept = matching(spec.columns, names) if spec.columns else set(names)
    kept -= matching(spec.without_columns, names)
    return tuple(name for name in names if name in kept)


def matching(patterns: Iterable[str], names: Collection[str]) -> set[str]:
    """Return the names that any pattern is about.

    A pattern that is a name is that name alone, whatever signs stand in it: a code may hold a
    bracket or a star.
    """
    return {name for pattern in patterns for name in _matches(pattern, names)}


def unmatched(patterns: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """Yield the patterns that are about no name."""
    return (pattern for pattern in patterns if not _matches(pattern, names))


def _matches(pattern: str, names: Collection[str]) -> list[str]:
    if pattern in names:
        return [pattern]
    return [name for name in names if fnmatchcase(name, pattern)]
