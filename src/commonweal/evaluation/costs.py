"""What harm costs, what preventing it saves, and what spending per person that would justify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream
from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.people import People, same_length
from commonweal.evaluation.pictures import lines
from commonweal.evaluation.ranking import Floats, Ints, Ranking
from commonweal.evaluation.spec import Assumed
from commonweal.evaluation.thresholds import checked_ks

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Cost:
    """The figures of one list.

    Parameters
    ----------
    k
        People on the list.
    events
        Events that happened to them (expected, where equal scores are cut).
    social_cost, social_cost_low, social_cost_high
        What these events cost, and its 95% interval over people.
    saved, saved_low, saved_high
        What an intervention with the assumed effect on everybody on the list would save.
    break_even, break_even_low, break_even_high
        What it may cost per person on the list to save as much as it costs.
    least, most
        `break_even` with the lowest, and with the highest, cost and effect given: what the
        assumptions alone leave open.
    least_low, most_high
        The same with the lower end, and the upper end, of the interval over people: both sources
        of doubt together.
    """

    k: int
    events: float
    social_cost: float
    social_cost_low: float
    social_cost_high: float
    saved: float
    saved_low: float
    saved_high: float
    break_even: float
    break_even_low: float
    break_even_high: float
    least: float
    most: float
    least_low: float
    most_high: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs and benefits at several cut-offs; made by `costs`.

    Parameters
    ----------
    n
        People ranked.
    per_event, effect
        What an event costs, and the share of them an intervention prevents.
    unit
        What costs are counted in.
    rows
        A row a cut-off.
    """

    n: int
    per_event: Assumed
    effect: Assumed
    unit: str
    rows: tuple[Cost, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a cut-off."""
        import pandas as pd

        return pd.DataFrame([{n: getattr(row, n) for n in row.__slots__} for row in self.rows])

    def plot(self) -> alt.LayerChart:
        """Draw break-even spending per person over the cut-off, with its interval over people."""
        rows = [{"k": r.k, "break_even": r.break_even, "low": r.break_even_low,
                 "high": r.break_even_high} for r in self.rows]  # fmt: skip
        title = f"break-even spending per person ({self.unit})"
        return lines(rows, ("k", "people on the list"), ("break_even", title))

    def sentence(self) -> str:
        """Say the break-even spending of every list in words."""
        said = [
            f"up to {r.break_even:,.0f} {self.unit} ({r.break_even_low:,.0f} to "
            f"{r.break_even_high:,.0f}; n = {r.k:,}) per person for the top {r.k:,}"
            for r in self.rows
        ]
        return (
            f"Spending {', '.join(said)} would pay for itself if an event costs "
            f"{self.per_event.value:,.0f} {self.unit}{_range(self.per_event, ',.0f')} and "
            f"{self.effect.value:.0%}{_range(self.effect, '.0%')} of events were prevented."
        )


def _range(assumed: Assumed, form: str) -> str:
    """Say the range others would give an assumption; nothing where there is none."""
    if assumed.least == assumed.most:
        return ""
    return f" (others: {assumed.least:{form}} to {assumed.most:{form}})"


def break_even(events: float, k: int, per_event: float, effect: float) -> float:
    """Return what may be spent per person: events / k x cost of an event x effect.

    Paper C, section 5: with 13% of the 500 ranked first shot, 1.9 million dollars a shooting and
    a risk cut in half, 123,500 dollars.
    """
    return events / k * per_event * effect


def costs(
    labels: Any, scores: Any, ks: Sequence[int], cost_per_event: float | Assumed,
    effect: float | Assumed, *, events: Any = None, unit: str = "dollars",
    ids: Iterable[Any] | None = None, draws: int = 1000, seed: int = 0,
) -> Costs:  # fmt: skip
    """Say what an intervention on the top k may cost to pay for itself.

    What is estimated, under assumptions that no data here can check: the intervention cuts the
    risk of everybody on the list by `effect`, the outcome costs what is said and nothing else
    changes (paper C, section 5). Whoever is at high risk need not respond as the average does.

    Parameters
    ----------
    labels
        Outcomes 0 or 1, shape (n,).
    scores
        A higher score is a higher predicted chance, shape (n,).
    ks
        Cut-offs.
    cost_per_event, effect
        Social cost of an event, and the share of events the intervention prevents (0 to 1); a
        number, or `Assumed` with a range.
    events
        Events of each person, shape (n,); the outcome counted once where none are given.
    unit
        What costs are counted in.
    ids
        An id a person, by which equal scores are put in an order.
    draws, seed
        Bootstrap draws and their seed.

    Raises
    ------
    DataError
        If outcomes, scores, cut-offs or assumptions are not sound.
    """
    people = People.of(labels, scores, ids, seed)
    per_event, share = _assumed(cost_per_event), _assumed(effect)
    for name, one, most in (("cost_per_event", per_event, np.inf), ("effect", share, 1.0)):
        if not 0 < one.least <= one.value <= one.most <= most:
            what = f"is {one.value:g} ({one.least:g} to {one.most:g})"
            mend = "give a share up to 1" if most == 1.0 else "give a number above 0"
            raise problem(DataError, name, what, f"{mend}, within its range")
    counted = people.labels.astype(np.float64)
    if events is not None:
        counted = np.asarray(events, dtype=np.float64)
        same_length(people.ranking.n, events=len(counted))
        if not (np.isfinite(counted) & (counted >= 0)).all():
            raise problem(DataError, "events", "are missing or negative", "count each person's")
    ranked = counted[people.ranking.order]
    chosen = checked_ks(ks, people.ranking.n)
    generator = stream(seed, "bootstrap", "costs")
    rows = measure_costs(people.ranking, ranked, chosen, per_event, share, draws, generator)
    return Costs(people.ranking.n, per_event, share, unit, rows)


def measure_costs(
    ranking: Ranking, events: Floats, ks: Sequence[int], per_event: Assumed, effect: Assumed,
    draws: int, generator: np.random.Generator,
) -> tuple[Cost, ...]:  # fmt: skip
    """Measure a ranking's costs; `events` in order of rank."""
    at = np.asarray(ks, dtype=np.int64)

    def counted(weights: Ints) -> Floats:
        people, found = ranking.cumulated(weights), ranking.cumulated(weights * events)
        return np.interp(at, people, found)

    value = counted(np.ones(ranking.n, dtype=np.int64))
    low, high = bootstrap(counted, ranking.n, draws, generator)
    return tuple(
        _cost(int(k), float(value[i]), float(low[i]), float(high[i]), per_event, effect)
        for i, k in enumerate(at)
    )


def _cost(
    k: int, events: float, low: float, high: float, per_event: Assumed, effect: Assumed
) -> Cost:
    cost, cut = per_event.value, effect.value
    least, most = per_event.least * effect.least, per_event.most * effect.most
    return Cost(
        k=k, events=events,
        social_cost=events * cost, social_cost_low=low * cost, social_cost_high=high * cost,
        saved=events * cost * cut, saved_low=low * cost * cut, saved_high=high * cost * cut,
        break_even=break_even(events, k, cost, cut), break_even_low=break_even(low, k, cost, cut),
        break_even_high=break_even(high, k, cost, cut), least=events / k * least,
        most=events / k * most, least_low=low / k * least, most_high=high / k * most,
    )  # fmt: skip


def _assumed(given: float | Assumed) -> Assumed:
    return given if isinstance(given, Assumed) else Assumed(value=float(given))
