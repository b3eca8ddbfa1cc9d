"""Models compared on repeated splits of the people: paired, and beside how much one must read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.evaluation.estimate import Estimate
from commonweal.evaluation.pictures import Row, rungs
from commonweal.evaluation.ranking import Floats

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """A figure of several models over the same splits; made by `compare_models`.

    Parameters
    ----------
    first
        The model the others are compared with.
    own
        Model -> the figure expected of it, the first one's first.
    differences
        Other model -> its figure less that of the first.
    splits
        How many splits.
    """

    first: str
    own: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    splits: int

    def frame(self) -> pd.DataFrame:
        """Return a row a model: its figure, and its difference to the first with the interval."""
        import pandas as pd

        rows = []
        for name, found in self.own.items():
            apart = self.differences.get(name, Estimate(*[float("nan")] * 3))
            rows.append({
                "model": name, "value": found.value, "low": found.low, "high": found.high,
                "difference": apart.value, "difference_low": apart.low,
                "difference_high": apart.high, "words": self.words(name),
            })  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Draw the differences with their intervals."""
        rows: list[Row] = [
            {"model": name, "value": found.value, "low": found.low, "high": found.high}
            for name, found in self.differences.items()
        ]
        return rungs(rows, ("value", f"figure less that of {self.first}"), ("model", "model"))

    def words(self, name: str) -> str:
        """Say of another model whether it is higher or lower beyond chance; empty of the first."""
        return beyond(self.differences[name]) if name in self.differences else ""

    def sentence(self) -> str:
        """Say every difference in words."""
        said = [
            f"{name} {found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f}): {beyond(found)}"
            for name, found in self.differences.items()
        ]
        return f"Less {self.first}, over {self.splits} splits: {'; '.join(said)}."


def beyond(difference: Estimate) -> str:
    """Say whether a difference is beyond chance: whether its interval leaves out 0."""
    if difference.low > 0:
        return "higher"
    return "lower" if difference.high < 0 else "not told apart"


def compare_models(
    figures: Mapping[str, Any], *, learned: float, measured: float, first: str | None = None
) -> ModelComparison:
    """Compare what models come to when they are fitted on some people and measured on others.

    Estimated: each model's figure, and its difference to the first model's, expected of models of
    this kind that are fitted on so many people drawn at random and measured on new ones. So the
    intervals hold the chance in both, unlike those of one fitted model. Differences are paired: in
    every split all models learn from the same people and are measured on the same.

    Parameters
    ----------
    figures
        Model -> its figure in every split, shape (splits,), the same splits in the same order.
    learned, measured
        People (or rows) learned from and measured on in a split, disjoint: the mean over splits.
    first
        The model the others are compared with; the first named where none is given.

    Raises
    ------
    DataError
        If fewer than two models or two splits are given, figures differ in number or are not
        finite, `learned` or `measured` is not above 0, or `first` names none of the models.

    See Also
    --------
    corrected : The interval.
    """
    lead = first or next(iter(figures), "")
    if len(figures) < 2 or lead not in figures:
        what = f"hold {', '.join(figures) or 'nothing'}"
        raise problem(DataError, "figures", what, "give two models or more, and name one of them")
    if not (learned > 0 and measured > 0):
        what = f"are {learned:g} and {measured:g}"
        raise problem(DataError, "learned, measured", what, "both must be above 0")
    read = {name: _splits(name, values) for name, values in figures.items()}
    count = len(read[lead])
    for name, values in read.items():
        if len(values) != count:
            what = f"holds {len(values)} splits, {lead} {count}"
            raise problem(DataError, f"figures: {name}", what, "measure all on the same splits")
    ordered = [lead, *(name for name in read if name != lead)]
    ratio = measured / learned
    return ModelComparison(
        first=lead, own={name: corrected(read[name], ratio) for name in ordered},
        differences={name: corrected(read[name] - read[lead], ratio) for name in ordered[1:]},
        splits=count,
    )  # fmt: skip


def _splits(name: str, values: Any) -> Floats:
    read = np.asarray(values, dtype=np.float64)
    if read.ndim != 1 or len(read) < 2 or not np.isfinite(read).all():
        what = "does not hold two finite figures or more"
        raise problem(DataError, f"figures: {name}", what, "give one figure a split")
    return read


def corrected(values: Floats, ratio: float) -> Estimate:
    """Return the mean over splits with the corrected resampled t interval.

    Splits share most of their people, so their figures vary less from each other than from those
    of other people: the variance of the mean is not S^2 / J but about (1/J + n2/n1) S^2, where S^2
    is the variance over J splits, n1 people are learned from and n2 measured on (Nadeau & Bengio
    2003, "Inference for the generalization error", Machine Learning 52, 239-281, equation 9). It
    rests on the correlation of two splits' figures being n2 / (n1 + n2), on t with J - 1 degrees of
    freedom, and on figures that hardly change with n1.

    Parameters
    ----------
    values
        The figure in every split, shape (J,), J at least 2.
    ratio
        n2 / n1.
    """
    from scipy.stats import t

    count, mean = len(values), float(values.mean())
    spread = float(values.std(ddof=1))
    half = float(t.ppf(0.975, count - 1)) * spread * float(np.sqrt(1 / count + ratio))
    return Estimate(mean, mean - half, mean + half)
