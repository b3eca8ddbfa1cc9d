"""A figure with its interval, before it is one of a study's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.evaluation.ranking import Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval; NaN where it is undefined."""

    value: float
    low: float
    high: float

    def rounded(self, decimals: int) -> Estimate:
        """Return it with so many decimals."""
        return Estimate(*(round(x, decimals) for x in (self.value, self.low, self.high)))


def estimates(value: Floats, interval: tuple[Floats, Floats]) -> list[Estimate]:
    """Return figures with the intervals that a bootstrap returned."""
    return [Estimate(*line) for line in np.column_stack([value, *interval]).tolist()]
