"""Which few features carry the most: stepwise residualization (paper C, appendix B.3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.gram import Floats, Ints, Products, products
from commonweal.models.data import Sample

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

Marks = NDArray[np.bool_]
COLLINEAR = 1e-6
"""Share of a column's variance below which what chosen columns leave of it counts as nothing."""
_NONE = 1e-9
"""Size of a correlation that is none."""
_EQUAL = 1e-10
"""Correlations whose sizes differ by a smaller share are equal: the first column is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One chosen feature: a row of Table B.6.

    Parameters
    ----------
    column
        Its name.
    residualized
        Correlation with the label of what the features chosen before leave of it.
    original
        Correlation of the feature itself with the label.
    category
        Where it is a column of categories: the code whose indicator was chosen.
    block, meaning, window
        As the feature is described; empty where that is not known.
    """

    column: str
    residualized: float
    original: float
    category: int | None = None
    block: str = ""
    meaning: str = ""
    window: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The features chosen, in order.

    Parameters
    ----------
    steps
        The chosen features.
    columns
        How many there were to choose from.
    rows
        How many training rows they were chosen on.
    collinear
        Columns of which the chosen ones leave less than a millionth of the variance.
    few
        Columns left out because too few rows differ in them.
    """

    steps: tuple[Step, ...]
    columns: int
    rows: int
    collinear: tuple[str, ...] = field(default=(), repr=False)
    few: tuple[str, ...] = field(default=(), repr=False)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the chosen features, in order."""
        return tuple(step.column for step in self.steps)

    def frame(self) -> pd.DataFrame:
        """Return Table B.6: one row a feature, in the order chosen."""
        import pandas as pd

        rows = [
            {
                "place": place, "block": s.block, "feature": s.column, "category": s.category,
                "meaning": s.meaning, "window": s.window, "residualized": s.residualized,
                "original": s.original,
            }
            for place, s in enumerate(self.steps, start=1)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Return both correlations of each feature, in the order chosen, as an Altair chart."""
        import altair as alt

        rows = [
            {"feature": s.column, "correlation": abs(value), "kind": kind}
            for s in self.steps
            for kind, value in (("residualized", s.residualized), ("original", s.original))
        ]
        base = alt.Chart(alt.InlineData(values=rows)).encode(
            x=alt.X("correlation:Q", title="size of the correlation with the outcome"),
            y=alt.Y("feature:N", sort=list(self.chosen), title=None),
        )
        chart = alt.layer(
            base.mark_line(color="#999").encode(detail="feature:N"),
            base.mark_point(filled=True, opacity=1).encode(color="kind:N", shape="kind:N"),
        )
        assert isinstance(chart, alt.LayerChart)
        return chart

    def sentence(self) -> str:
        """Say which feature comes first, and how much the last one still adds."""
        if not self.steps:
            return f"None of {self.columns:,} features is correlated with the outcome."
        first, last = self.steps[0], self.steps[-1]
        return (
            f"Of {self.columns:,} features {first.column} has the highest correlation with the "
            f"outcome ({first.residualized:.3f}, n = {self.rows:,}); the feature chosen last, "
            f"{last.column}, is number {len(self.steps):,}: {last.residualized:.3f} with what the "
            f"others leave of it, {last.original:.3f} by itself."
        )


def select(sample: Sample, count: int, threads: int = 1, least: int = 0) -> Selection:
    """Choose features one after the other by the correlation that chosen ones leave them.

    The procedure (paper C, appendix B.3.3): the column with the highest absolute correlation with
    the label is chosen; every other is replaced by its residual from a regression on the chosen
    one; and again.

    Nothing but inner products is needed. Let r be the chosen column as it is at its step, and x
    any other, both centred. The regression replaces x by x - r (r'x / r'r). Then for every two
    columns the new product is

        (x - r r'x / r'r)' (z - r r'z / r'r) = x'z - (r'x)(r'z) / r'r,

    and with the label y it is x'y - (r'x)(r'y) / r'r. So the matrix X'X and the vector X'y of the
    centred columns, formed once, are all that is read of the rows; a step subtracts an outer
    product, which is one step of a pivoted Cholesky factorization, and the correlation of a
    residual is its product with y by its length and that of y. (The chosen r is orthogonal to all
    chosen before, so regressing a residual on r is regressing it on r as it was, too.)

    Missing values count as the column's mean. A column of categories enters as an indicator of
    each; once one is chosen its column is, and what the column's other indicators tell is taken
    out of the rest as well.

    Parameters
    ----------
    sample
        Training rows only: what is chosen is part of a model.
    count
        Most features chosen.
    threads
        Threads used; nothing depends on it.
    least
        Fewest rows, if any, that hold a value other than 0, and that do not, for a column to be
        chosen: a correlation that rests on fewer could tell who they are.

    Returns
    -------
    Selection
        Fewer than `count` where no column is left that is neither constant nor collinear.
    """
    found = products(sample, threads)
    names = sample.matrix.names
    many = _many(found, len(sample.rows), least)
    steps, collinear = _steps(found, names, count, many)
    few = np.setdiff1d(found.terms.column[~many], found.terms.column[many])
    return Selection(
        steps, len(names), len(sample.rows), collinear, tuple(names[c] for c in few.tolist())
    )


def _many(found: Products, rows: int, least: int) -> Marks:
    """Return the terms that either no rows or enough rows hold, and likewise do not."""
    held = found.terms.held
    many: Marks = np.ones(len(held), np.bool_)
    for count in (held, rows - held):
        many &= (count == 0) | (count >= least)
    return many


def _steps(
    found: Products, names: tuple[str, ...], count: int,
    many: Marks,
) -> tuple[tuple[Step, ...], tuple[str, ...]]:  # fmt: skip
    """Take the steps on products alone; return them, and the collinear columns."""
    column, category = found.terms.column, found.terms.category
    usable = many & ~found.terms.constant
    residuals = _Residuals.of(found, usable)
    original = residuals.tie.copy()
    waiting = usable.copy()
    steps: list[Step] = []
    while len(steps) < count:
        strength = residuals.strength(waiting)
        most = strength.max(initial=0.0)
        if most <= _NONE:
            break
        place = int(np.argmax(strength >= most * (1.0 - _EQUAL)))
        code = int(category[place])
        steps.append(
            Step(
                column=names[column[place]], residualized=residuals.correlation(place),
                original=float(original[place]), category=code if code >= 0 else None,
            )
        )  # fmt: skip
        mine = np.flatnonzero(usable & (column == column[place]))
        for term in [place, *(int(m) for m in mine if m != place)]:
            if residuals.left[term] > COLLINEAR:
                residuals.take_out(term)
        waiting[mine] = False
    gone = _only(column, waiting & (residuals.left <= COLLINEAR), waiting)
    return tuple(steps), tuple(names[c] for c in gone)


def _only(column: Ints, gone: Marks, waiting: Marks) -> list[int]:
    """Return the columns all of whose waiting terms are gone."""
    still = np.unique(column[waiting & ~gone])
    return [int(c) for c in np.setdiff1d(column[gone], still)]


@dataclass(slots=True)
class _Residuals:
    """What is left of every term, in units of its own spread; made by `of`.

    Parameters
    ----------
    pairs
        Correlations of the terms themselves.
    left
        Share of each term's variance that is left.
    tie
        Product of each residual with the label, by the spreads of the term and of the label.
    taken
        For each term taken out: its residual's correlation with every term.
    """

    pairs: Floats
    left: Floats
    tie: Floats
    taken: list[Floats]

    @classmethod
    def of(cls, found: Products, usable: Marks) -> _Residuals:
        square = np.where(usable, np.diag(found.pairs), 1.0)
        spread = np.sqrt(square)
        label = np.sqrt(found.square) if found.square > 0 else 1.0
        pairs = found.pairs / spread / spread[:, None]
        tie = np.where(usable, found.label / spread / label, 0.0)
        return cls(pairs, np.where(usable, 1.0, 0.0), tie, [])

    def correlation(self, place: int) -> float:
        """Return the correlation of one residual with the label."""
        return float(self.tie[place] / np.sqrt(self.left[place]))

    def strength(self, waiting: Marks) -> Floats:
        """Return the size of each residual's correlation with the label, -1 where not wanted."""
        open_ = waiting & (self.left > COLLINEAR)
        sizes: Floats = np.full(len(self.left), -1.0)
        sizes[open_] = np.abs(self.tie[open_]) / np.sqrt(self.left[open_])
        return sizes

    def take_out(self, place: int) -> None:
        """Replace every term by its residual from a regression on one of them."""
        with_it = self.pairs[place].copy()
        for one in self.taken:
            with_it -= one * one[place]
        length = np.sqrt(with_it[place])
        with_it /= length
        share = self.tie[place] / length
        self.left = self.left - np.square(with_it)
        self.tie = self.tie - with_it * share
        self.taken.append(with_it)
