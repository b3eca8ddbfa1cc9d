"""The content as the sections read it: one test date, one headline model, one capacity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from commonweal.core.results import Metric
from commonweal.evaluation.spec import ORACLE
from commonweal.reports.content import Content
from commonweal.reports.figures import Figures, dates, nearest
from commonweal.reports.words import counted, day, number, spaced

CEILING = "true chance (ceiling, simulated people only)"


@dataclass(frozen=True, slots=True)
class Reading:
    """What every section is written from; made by `of`.

    Parameters
    ----------
    content
        The content.
    as_of
        The test date that leads the report: the last one; None where there is no figure.
    figures
        The figures of that date.
    """

    content: Content
    as_of: date | None
    figures: Figures

    @classmethod
    def of(cls, content: Content) -> Reading:
        """Read the last test date any figure is about."""
        measured = dates(content.metrics)
        tests = [s.as_of for s in content.splits if s.role == "test" and s.as_of in measured]
        as_of = max(tests or measured, default=None)
        return cls(content, as_of, Figures.of(content.metrics, as_of))

    @property
    def headline(self) -> str:
        """Name of the model that leads the report."""
        return self.content.evaluation.headline

    @property
    def people(self) -> str:
        """What the people are called."""
        return self.content.about.people

    @property
    def when(self) -> str:
        """The test date in words."""
        return day(self.as_of) if self.as_of else "no date"

    @property
    def k(self) -> int | None:
        """The headline model's published cut-off nearest to the capacity."""
        return self.cutoff(self.headline)

    def models(self) -> tuple[str, ...]:
        """Return the models, the headline first."""
        others = [name for name in self.content.models if name != self.headline]
        return (self.headline, *others)

    @property
    def ceiling(self) -> bool:
        """Whether the ranking by true chances was measured: only of simulated people."""
        return self.figures.one("base_rate", model=ORACLE) is not None

    def rankings(self) -> tuple[str, ...]:
        """Return the models, and the ranking by true chances last where there is one."""
        return (*self.models(), ORACLE) if self.ceiling else self.models()

    def cutoff(self, model: str) -> int | None:
        """Return a model's published cut-off nearest to the capacity."""
        published = self.figures.cutoffs("precision", model=model)
        return nearest(self.content.capacity.k, published)

    def overall(self, metric: str, k: int | None = None) -> Metric | None:
        """Return a figure of the headline model about everybody."""
        return self.figures.one(metric, model=self.headline, k=k)

    def top(self, k: int) -> str:
        """Name the people above a cut-off: ``the top 500``."""
        return f"the top {number(k)}"

    def moved(self, k: int) -> str:
        """Say that a cut-off is not the capacity; empty where it is."""
        capacity = self.content.capacity
        if k == capacity.k:
            return ""
        return (
            f"The cut-off shown is {number(k)}, the nearest to the capacity of "
            f"{counted(capacity.k, capacity.unit, capacity.unit)} at which nothing that may not be "
            "shown could be derived."
        )

    def called(self, model: str) -> str:
        """Name a ranking in running text."""
        return "the true chance" if model == ORACLE else f"“{spaced(model)}”"

    def titled(self, model: str) -> str:
        """Name a ranking in a table or a legend."""
        return CEILING if model == ORACLE else spaced(model)
