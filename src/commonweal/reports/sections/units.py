"""Units of the agency, adjusted for how hard their cases are: a table, a funnel, no ranking."""

from __future__ import annotations

from dataclasses import replace

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, notes
from commonweal.reports.charts import BASE_DASH, OUTER_DASH, Funnel, funnel
from commonweal.reports.frame import Axis, Point
from commonweal.reports.marks import grey_mark, point_mark
from commonweal.reports.parts import Cell, Column, Figure, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import decimal, number, size, span

TITLE = "Units, adjusted for how hard their cases are"
_SHOWN = ("people", "observed", "expected", "ratio", "shrunken", "beyond_chance")


def units(reading: Reading) -> Section:
    """Compare units, where the study declares any."""
    spec = reading.content.units
    if spec is None:
        return Section("units", TITLE, ())
    model = spec.model or reading.headline
    spread = reading.figures.one("units.spread", model=model)
    if spread is None:
        said = (
            f"Nothing is shown by {spec.noun}: too few are large enough, or the model gives no "
            "chances."
        )
        return Section("units", TITLE, (Paragraph(said),))
    names = [g for g in reading.figures.groups
             if reading.figures.one("units.ratio", model=model, group=g)]  # fmt: skip
    names.sort()
    parts: tuple[Part, ...] = (
        Paragraph(_intro(reading, model)), Paragraph(_spread(reading, model, spread)),
        _funnel(reading, model, names), _table(reading, model, names),
    )  # fmt: skip
    return Section("units", TITLE, parts)


def _intro(reading: Reading, model: str) -> str:
    spec = reading.content.units
    assert spec is not None
    return (
        f"A {spec.noun} with harder cases has more outcomes, however well it works. So the "
        f"outcomes observed are held against those expected: the sum of the chances that "
        f"{reading.called(model)} gives its {reading.people} before the outcomes are known, all "
        "chances moved alike until they add up to the outcomes observed in all. What no record "
        f"says about a case is not counted as difficulty, and outcomes may be recorded differently "
        f"from {spec.noun} to {spec.noun}. This is a reason to look, not a ranking."
    )


def _spread(reading: Reading, model: str, spread: Metric) -> str:
    count, outside = (reading.figures.one(f"units.{m}", model=model)
                      for m in ("count", "outside_95"))  # fmt: skip
    text = "Beyond chance, their ratios differ "
    if spread.value == 0:
        text = "Their ratios differ no more than chance lets them "
        text += f"(standard deviation beyond chance {decimal(0.0, 2)}, {span(spread, 2)}; "
    else:
        text += f"with a standard deviation of {decimal(spread.value, 2)} ({span(spread, 2)}; "
    text += f"{size(spread.n)})."
    if count is not None and outside is not None:
        text += (
            f" {number(round(outside.value))} of {number(round(count.value))} lie outside the 95% "
            "limits; by chance about one in twenty does."
        )
    return text


def _funnel(reading: Reading, model: str, names: list[str]) -> Figure:
    def one(metric: str, group: str) -> Metric:
        found = reading.figures.one(f"units.{metric}", model=model, group=group)
        assert found is not None
        return found

    places = {g: one("expected", g).value for g in names}
    ordered = sorted(names, key=lambda g: (places[g], g))
    limits = [
        tuple(Point(places[g], 1.0, one(m, g).low, one(m, g).high) for g in ordered)
        for m in ("limits_95", "limits_998")
    ]
    dots = {g: Point(places[g], one("ratio", g).value) for g in names}
    apart = [g for g in names if one("beyond_chance", g).value]
    highest = max(p.high or 1.0 for p in limits[1])
    top = max(min(highest, 3.0), *(p.y for p in dots.values())) * 1.05
    limits = [tuple(replace(p, high=min(p.high or 1.0, top)) for p in some) for some in limits]
    spec = Funnel(
        label="Observed over expected outcomes of each unit, with the limits of chance",
        usual=tuple(dots[g] for g in names if g not in apart),
        apart=tuple(dots[g] for g in apart), inner=limits[0], outer=limits[1],
        x=Axis("outcomes expected", max(places.values()) * 1.05, share=False),
        y=Axis("observed as a share of expected", top),
    )  # fmt: skip
    said = (
        "Each point is a unit: 100% is what its cases let one expect. Chance alone leaves 95 of "
        "100 units within the dashed lines and 998 of 1,000 within the dotted ones; where little "
        "is expected, chance does more."
    )
    legend = [point_mark("within chance", 0)] if spec.usual else []
    legend += [point_mark("beyond chance, all units considered", 1)] if apart else []
    legend += [grey_mark("95% limits", BASE_DASH), grey_mark("99.8% limits", OUTER_DASH)]
    return Figure(key="funnel", title="Observed over expected", caption=said, svg=funnel(spec),
                  legend=tuple(legend))  # fmt: skip


def _table(reading: Reading, model: str, names: list[str]) -> Table:
    rows = []
    for group in names:
        found = {m: reading.figures.one(f"units.{m}", model=model, group=group) for m in _SHOWN}
        counts = [found[m] for m in ("people", "observed")]
        expected, beyond = found["expected"], found["beyond_chance"]
        rows.append((
            Cell(group.removeprefix("unit=")),
            *(Cell(number(round(m.value)) if m else "") for m in counts),
            Cell(decimal(expected.value, 1) if expected else ""),
            figure(found["ratio"], 2), figure(found["shrunken"], 2),
            Cell("yes" if beyond and beyond.value else "no"),
        ))  # fmt: skip
    columns = (
        Column("Unit", number=False), Column("n"), Column("Observed"), Column("Expected"),
        Column("Observed over expected"), Column("Drawn towards 1 by chance"),
        Column("Beyond chance, all units considered", number=False),
    )  # fmt: skip
    spec = reading.content.units
    assert spec is not None
    caption = f"By {spec.noun}, in the order of their names"
    explained = (
        "In brackets 95% intervals: exact ones of observed over expected; of the ratio drawn "
        "towards 1, what is left after chance is accounted for. “Beyond chance” is by Holm's rule: "
        "where no unit differs, it names one in 5% of reports.",
    )
    return Table(key="units-table", caption=caption, columns=columns, rows=tuple(rows),
                 notes=(*explained, *notes(tuple(rows))))  # fmt: skip
