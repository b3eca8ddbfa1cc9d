"""Costs and benefits: what spending per person would pay for itself, and on what assumptions."""

from __future__ import annotations

from commonweal.core.results import Metric
from commonweal.evaluation.spec import LEAST, MOST, Assumed, CostsSpec
from commonweal.reports.parts import Bullets, Cell, Column, Paragraph, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import number, percent, size

TITLE = "Costs and benefits"


def costs(reading: Reading) -> Section:
    """Say what may be spent per person, where the study declares what its outcome costs."""
    spec = reading.content.costs
    if spec is None:
        return Section("costs", TITLE, ())
    found = reading.figures.many("costs.break_even", model=reading.headline)
    if not found:
        said = "No cut-off of the ranking could be published, so no cost can be shown."
        return Section("costs", TITLE, (Paragraph(said),))
    k = min((m.k or 0 for m in found), key=lambda k: (abs(k - reading.content.capacity.k), k))
    parts = (
        Paragraph(_sentence(reading, spec, k)), _table(reading, spec, found),
        Paragraph("This rests on assumptions that nothing in these records checks:"),
        Bullets(_assumptions(reading, spec)),
    )  # fmt: skip
    return Section("costs", TITLE, parts)


def _sentence(reading: Reading, spec: CostsSpec, k: int) -> str:
    one = reading.figures.one("costs.break_even", model=reading.headline, k=k)
    assert one is not None
    text = (
        f"Spending up to {_amount(one)} {spec.unit} ({size(one.n)}) per person on {reading.top(k)} "
        f"would pay for itself if each outcome costs {_figure(spec.cost)} {spec.unit} and the "
        f"{_noun(reading)} prevents {percent(spec.cut.value)} of the outcomes among them."
    )
    ends = [reading.figures.one("costs.break_even", model=reading.headline, k=k, variant=variant)
            for variant in (LEAST, MOST)]  # fmt: skip
    least, most = ends
    if least is not None and most is not None:
        text += (
            f" With the lowest and highest figures given it is {_figure_of(least.value)} to "
            f"{_figure_of(most.value)}; with the doubt about the people as well, "
            f"{_figure_of(least.low)} to {_figure_of(most.high)}."
        )
    return text


def _table(reading: Reading, spec: CostsSpec, found: tuple[Metric, ...]) -> Table:
    rows = []
    for m in found:
        k = m.k or 0
        others = [reading.figures.one(f"costs.{name}", model=reading.headline, k=k)
                  for name in ("social_cost", "saved")]  # fmt: skip
        rows.append((Cell(number(k)), *(_cell(one) for one in (m, *others))))
    columns = (
        Column("On the list"), Column("Break-even spending per person"),
        Column("Cost of their outcomes"), Column(f"Saved by the {_noun(reading)}"),
    )  # fmt: skip
    caption = f"Costs and benefits in {spec.unit}, by length of the list, which is n; in brackets"
    caption += " 95% intervals over people, with costs and effect as assumed"
    return Table(key="costs-table", caption=caption, columns=columns, rows=tuple(rows))


def _assumptions(reading: Reading, spec: CostsSpec) -> tuple[str, ...]:
    people = reading.people
    return (
        f"Each outcome costs {_range(spec.cost)} {spec.unit}, from: {spec.source}.",
        f"The {_noun(reading)} prevents {_range(spec.cut, share=True)} of the outcomes among those "
        f"on the list. Whether it does, only a comparison of {people} who got it with {people} who "
        "did not can say.",
        f"It does so alike for everybody: {people} at high risk may respond less, or more.",
        f"It reaches everybody on the list; {people} it does not reach cost and save nothing.",
        "Only the outcome predicted is counted: no other benefit, and no harm that the "
        f"{_noun(reading)} does.",
    )


def _noun(reading: Reading) -> str:
    return "offer" if reading.content.action.kind == "help" else "action"


def _range(given: Assumed, share: bool = False) -> str:
    def words(value: float) -> str:
        return percent(value) if share else number(round(value))

    text = words(given.value)
    ends = f" ({words(given.least)} to {words(given.most)})" if given.least < given.most else ""
    return text + ends


def _figure(given: Assumed) -> str:
    return number(round(given.value))


def _figure_of(value: float | None) -> str:
    return number(round(value)) if value is not None else "unknown"


def _amount(metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return number(round(metric.value))
    return f"{number(round(metric.value))} ({_figure_of(metric.low)} to {_figure_of(metric.high)})"


def _cell(metric: Metric | None) -> Cell:
    if metric is None:
        return Cell("not published", muted=True)
    ends = f"({_figure_of(metric.low)} to {_figure_of(metric.high)})"
    return Cell(number(round(metric.value)), ends if metric.low is not None else "")
