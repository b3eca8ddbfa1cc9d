"""Scorecards as they are printed: the lines, how to add up, and what became of each score."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commonweal.core.results import Metric
from commonweal.models.scorecard.card import Card
from commonweal.models.scorecard.words import HOW, lines, signed
from commonweal.reports.cells import figure
from commonweal.reports.content import CardSummary
from commonweal.reports.parts import (
    Cell,
    Column,
    Details,
    Figure,
    Group,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
)
from commonweal.reports.reading import Reading
from commonweal.reports.sections.calibration import Bin, picture
from commonweal.reports.words import counted, number, percent, size, spaced

TITLE = "Scorecards"


def card(reading: Reading) -> Section:
    """Print every scorecard of the study, each under its name where there are several."""
    cards = reading.content.cards
    if len(cards) == 1:
        return Section("card", "Scorecard", _card(reading, cards[0]))
    groups = tuple(Group(spaced(one.model), _card(reading, one)) for one in cards)
    return Section("card", TITLE, groups)


def _card(reading: Reading, one: CardSummary) -> tuple[Part, ...]:
    if one.card is None:
        said = (
            f"The card of {reading.called(one.model)} is not shown: one of its lines may be true "
            "of so few people that they could be told apart."
        )
        return (Paragraph(said),)
    if not one.card.items:
        said = f"No line was worth asking: the card of {reading.called(one.model)} is empty."
        return (Paragraph(said),)
    parts: list[Part] = [Paragraph(_intro(reading, one, one.card)), Paragraph(HOW)]
    parts.append(_lines(one, one.card))
    ranges = _ranges(reading, one.model)
    if ranges:
        parts += [Paragraph(_measured(reading)), _risk(reading, one.model, ranges)]
        parts.append(Row((_picture(one.model, ranges),)))
    parts.append(_every(one, one.card))
    return tuple(parts)


def _intro(reading: Reading, one: CardSummary, card: Card) -> str:
    return (
        f"{reading.called(one.model)} is a card: {counted(len(card.items), 'line')}, each worth "
        f"whole points. It is a rule, learned from {reading.people} of earlier dates, and says "
        "nothing about anybody by itself. A line says what goes together with the outcome in the "
        "records, not what brings it about, and points count what other lines leave to be said."
    )


def _lines(one: CardSummary, card: Card) -> Table:
    rows = tuple((Cell(line.text), Cell(signed(line.points))) for line in lines(card, one.words))
    return Table(
        key=f"card-lines-{one.model}", caption=f"The lines of the card “{spaced(one.model)}”",
        columns=(Column("If this is true", number=False), Column("Points")), rows=rows,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Range:
    """Lowest and highest score of a range, their chances on the card, and the share observed."""

    low: int
    high: int
    least: float
    most: float
    observed: Metric

    @property
    def scores(self) -> str:
        """Name the scores: ``3 to 5``."""
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"

    @property
    def chances(self) -> str:
        """Write the chances that stand on the card."""
        least, most = percent(self.least), percent(self.most)
        return least if least == most else f"{least} to {most}"


def _ranges(reading: Reading, model: str) -> list[_Range]:
    """Return the ranges of scores that are published, the highest first."""
    found = []
    for observed in reading.figures.many("card.observed", model=model):
        ends = [
            reading.figures.one(f"card.{m}", model=model, k=observed.k)
            for m in ("from", "to", "chance_from", "chance_to")
        ]
        low, high, least, most = (one.value for one in ends if one is not None)
        found.append(_Range(round(low), round(high), least, most, observed))
    return found


def _measured(reading: Reading) -> str:
    return (
        f"The table holds the card against the {reading.people} of {reading.when}, from whom "
        "nothing was learned. Neighbouring scores are put together where few have them, so that "
        "no small number of people can be worked out."
    )


def _risk(reading: Reading, model: str, ranges: list[_Range]) -> Table:
    rows = tuple(
        (Cell(r.scores), Cell(r.chances), Cell(number(r.observed.n)), figure(r.observed))
        for r in ranges
    )
    columns = (
        Column("Score", number=False),
        Column("Chance on the card"),
        Column(f"{reading.people.capitalize()} tested"),
        Column("Had the outcome"),
    )
    return Table(
        key=f"card-risk-{model}", caption=f"What became of each score of “{spaced(model)}”",
        columns=columns, rows=rows,
    )  # fmt: skip


def _picture(model: str, ranges: list[_Range]) -> Figure:
    bins = [
        Bin(0, r.observed.k or 0, replace(r.observed, value=(r.least + r.most) / 2), r.observed)
        for r in ranges
    ]
    inside = sum(
        r.least <= (r.observed.high or 1) and (r.observed.low or 0) <= r.most for r in ranges
    )
    caption = (
        f"{size(sum(r.observed.n for r in ranges))}. A point is a range of scores, drawn midway "
        f"between its lowest and its highest chance. In {number(inside)} of "
        f"{counted(len(ranges), 'range')} the 95% interval of the observed rate meets the chances "
        "on the card. The figures are in the table above."
    )
    label = f"Observed rate against the chance on the card of {spaced(model)}, by score"
    return picture(f"card-figure-{model}", "Chance on the card and observed rate", caption, label,
                   [("range of scores, 95% interval", tuple(bins))])  # fmt: skip


def _every(one: CardSummary, card: Card) -> Details:
    rows = tuple(
        (Cell(str(total)), Cell(percent(chance)))
        for total, chance in zip(card.totals.tolist(), card.chances.tolist(), strict=True)
    )
    table = Table(
        key=f"card-scores-{one.model}",
        caption=f"The chance of each score of “{spaced(one.model)}”",
        columns=(Column("Score", number=False), Column("Chance")), rows=rows,
    )  # fmt: skip
    return Details(f"The chance of each score ({counted(len(rows), 'score')})", (table,))
