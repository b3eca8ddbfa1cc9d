"""Rows as LightGBM keeps them: a byte or less a cell, filled chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from commonweal.features.cells import Values
from commonweal.models.data import CHUNK, Sample

SAMPLED = 100_000
"""Rows from which LightGBM chooses the bounds of bins; it holds them twice, in float64."""


@dataclass(slots=True)
class ChunkSequence:
    """A sample as a `lightgbm.Sequence`: bins are chosen from single rows, filled from slices.

    Parameters
    ----------
    sample
        What is read.
    """

    sample: Sample
    batch_size: int = CHUNK
    _number: int = field(default=-1, repr=False)
    _held: Values | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.sample.rows)

    def __getitem__(self, place: int | slice) -> Values | NDArray[np.float64]:
        """Return rows one after the other, or a single row; single rows are asked for in order."""
        if isinstance(place, slice):
            self._held, self._number = None, -1
            return self.sample.matrix.take(self.sample.rows[place])
        number, inside = divmod(int(place), CHUNK)
        held = self._held
        if held is None or number != self._number:
            start = number * CHUNK
            held = self.sample.matrix.take(self.sample.rows[start : start + CHUNK])
            self._held, self._number = held, number
        row: NDArray[np.float64] = held[inside].astype(np.float64)
        return row


def binned(
    lightgbm: Any, sample: Sample, parameters: Mapping[str, object],
    categorical: tuple[int, ...], reference: Any = None, whole: bool = False,
) -> Any:  # fmt: skip
    """Return a sample as a constructed `lightgbm.Dataset`; the numbers themselves are not kept.

    Parameters
    ----------
    lightgbm
        The library.
    sample
        Rows.
    parameters
        All settings of the training, which hold those of `binning`.
    categorical
        Places of the columns that hold categories.
    reference
        The dataset whose bins are used, for rows that are only watched.
    whole
        Whether the rows are handed over at once: little data, where LightGBM may then leave out
        columns that no leaf could be split on.
    """
    lightgbm.Sequence.register(ChunkSequence)
    rows = sample.matrix.take(sample.rows) if whole else ChunkSequence(sample)
    made = lightgbm.Dataset(
        rows, sample.labels, reference=reference, params=dict(parameters),
        categorical_feature=list(categorical), free_raw_data=True,
    )  # fmt: skip
    threads = parameters["num_threads"]
    assert isinstance(threads, int)
    # LightGBM forgets how many threads it was given while it fills bins.
    with threadpool_limits(limits=threads, user_api="openmp"):
        return made.construct()


def binning(seed: int, whole: bool = False, shared: bool = False) -> dict[str, object]:
    """Return the settings on which bins depend: the same for all bags, so that they share them.

    A column is binned whether or not a leaf may be small enough to split on it; LightGBM would
    otherwise leave columns out by a setting it does not see when it is handed chunks. Handed
    the `whole`, it sees it, unless models of different settings are to have bins `shared`.
    """
    if whole:
        once = {"feature_pre_filter": False} if shared else {}
        return {"data_random_seed": seed, **once}
    return {
        "data_random_seed": seed,
        "bin_construct_sample_cnt": SAMPLED,
        "feature_pre_filter": False,
    }
