"""Validation rows in parts and training rows in folds, by person: row order does not matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from commonweal.core.seeds import keyed_hash
from commonweal.models.data import Parts, Places, Sample
from commonweal.models.spec import BoostedSpec, ForestSpec, Learned, ModelSpec

FOLDS = 5
"""Folds of training rows when calibration is cross-fitted."""


def needs_parts(spec: ModelSpec) -> bool:
    """Return whether a model's validation rows are taken apart."""
    return _tuned(spec) or _calibrated(spec)


def fractions(spec: Learned) -> tuple[float, float, float]:
    """Return the shares of tuning, calibration and stopping; what nobody needs goes to the last."""
    tuning, calibration, _ = spec.parts
    tuning = tuning if _tuned(spec) else 0.0
    calibration = calibration if _calibrated(spec) and not spec.cross_fitted else 0.0
    return tuning, calibration, 1.0 - tuning - calibration


def _tuned(spec: ModelSpec) -> bool:
    return isinstance(spec, (BoostedSpec, ForestSpec)) and spec.tuning is not None


def _calibrated(spec: ModelSpec) -> bool:
    return isinstance(spec, Learned) and spec.calibration is not None


def parted(
    validation: Sample, ids: Sequence[str], shares: tuple[float, float, float], seed: int
) -> Parts:
    """Take validation rows apart at random, by person.

    A person's part follows from the id and the seed alone, so it is the same at every validation
    date and in any order of rows.

    Parameters
    ----------
    validation
        The rows.
    ids
        Whose row each is.
    shares
        Expected shares of people in tuning, calibration and stopping.
    seed
        The study's seed.
    """
    part = np.searchsorted(np.cumsum(shares[:2]), _spread(f"parts:{seed}", ids), side="right")
    tuning, calibration, stopping = (validation.some(np.flatnonzero(part == i)) for i in range(3))
    return Parts(tuning, calibration, stopping)


def folded(ids: Sequence[str], seed: int) -> Places:
    """Return a fold from 0 to `FOLDS` - 1 of each row, the same for all rows of a person."""
    return (_spread(f"folds:{seed}", ids) * FOLDS).astype(np.int64)


def _spread(key: str, ids: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a number from 0 to below 1 for each id, the same wherever the id stands."""
    found: dict[str, float] = {}
    secret = key.encode()
    for one in ids:
        if one not in found:
            found[one] = int(keyed_hash(secret, one)[:13], 16) / 2**52
    return np.array([found[one] for one in ids], dtype=np.float64)
