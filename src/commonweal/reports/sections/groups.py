"""The same figures for each group of each protected attribute."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.parts import Cell, Column, Group, Paragraph, Part, Row, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.calibration import Named, bins, by_group, table_by_group
from commonweal.reports.sections.composition import ladder_of, table_of, whom_it_misses
from commonweal.reports.sections.crossings import crossings
from commonweal.reports.sections.error_rates import error_rates
from commonweal.reports.sections.shares import cutoff, label, names, standing
from commonweal.reports.words import number, spaced

TITLE = "Results by group"


def groups(reading: Reading) -> Section:
    """Audit every protected attribute, or say why not."""
    protected = reading.content.protected
    if not protected:
        said = "The study declares no protected attribute, so nothing is audited by group."
        return Section("groups", TITLE, (Paragraph(said),))
    intro = (
        f"Figures of {reading.called(reading.headline)} as of {reading.when}, group by group. "
        "Every group is selected by the same ranking and cut-off. Whether a difference is "
        "acceptable is not a matter of statistics: the page does not judge."
    )
    if not reading.content.exempt:
        intro += " Groups too small to be shown alone are pooled, and named together."
    parts: list[Part] = [Paragraph(intro)]
    for place, attribute in enumerate(protected):
        title = spaced(attribute)
        parts.append(
            Group(title[:1].upper() + title[1:], _Audit.of(reading, attribute, place).parts())
        )
    parts += crossings(reading)
    return Section("groups", TITLE, tuple(parts))


@dataclass(frozen=True, slots=True)
class _Audit:
    """One attribute: its groups, and the cut-off nearest to capacity published by it."""

    reading: Reading
    attribute: str
    place: int
    names: tuple[str, ...]
    k: int | None

    @classmethod
    def of(cls, reading: Reading, attribute: str, place: int) -> _Audit:
        held = names(reading, attribute)
        return cls(reading, attribute, place, held, cutoff(reading, attribute))

    @property
    def title(self) -> str:
        return spaced(self.attribute)

    def parts(self) -> tuple[Part, ...]:
        """Say everything published by this attribute."""
        if not self.names:
            said = (
                f"Nothing is published by {self.title}: the groups are too small, and any figure "
                "could show, or let someone work out, a number between 1 and 10."
            )
            return (Paragraph(said),)
        errors = error_rates(self.reading, self.attribute, self.names, self.place)
        missed = whom_it_misses(self.reading, self.attribute)
        return (
            *self._standing(), self._within(), *self._selected(), *errors, *self._pictures(),
            *missed,
        )  # fmt: skip

    def _standing(self) -> list[Part]:
        parts: list[Part] = []
        found = standing(self.reading, self.attribute)
        if found is not None:
            parts.append(Paragraph(found.sentence()))
        return parts

    def _selected(self) -> list[Part]:
        if self.k is None:
            return [Paragraph(f"No cut-off of the ranking could be published by {self.title}.")]
        moved = self.reading.moved(self.k)
        return [*([Paragraph(moved)] if moved else []), self._selection(self.k)]

    def _pictures(self) -> list[Part]:
        reading, attribute = self.reading, self.attribute
        composition = ladder_of(reading, attribute, self.names, self.k, self.place)
        table = table_of(reading, attribute, self.names, self.k, self.place)
        held: list[Named] = []
        for name in self.names:
            found = bins(reading, reading.headline, name)
            held += [(label(attribute, name), found)] if found else []
        if not held:
            said = Paragraph(f"No calibration by {self.title} is published.")
            return [table, Row((composition,)), said]
        calibration = by_group(self.title, held, self.place)
        rows = table_by_group(self.title, held, self.place)
        return [table, Row((composition, calibration)), rows]

    def _one(self, metric: str, group: str, k: int | None = None) -> Metric | None:
        return self.reading.figures.one(metric, model=self.reading.headline, k=k, group=group)

    def _within(self) -> Table:
        """Show size, base rate, mean prediction and AUC of each group."""
        rows = []
        for name in self.names:
            people, positives = (self._one(m, name) for m in ("people", "positives"))
            row = [Cell(label(self.attribute, name))]
            row += [Cell(number(round(m.value))) if m else missing() for m in (people, positives)]
            row += [figure(self._one(m, name)) for m in ("base_rate", "mean_prediction")]
            rows.append((*row, figure(self._one("auc", name), 3)))
        columns = (
            Column("Group", number=False),
            Column("n"),
            Column("Had the outcome"),
            Column("Base rate"),
            Column("Mean prediction"),
            Column("AUC within the group"),
        )
        people_words = self.reading.people
        caption = f"{people_words[:1].upper()}{people_words[1:]} of the cohort by {self.title}"
        return Table(key=f"group-{self.place}", caption=caption, columns=columns,
                     rows=tuple(rows), notes=notes(tuple(rows)))  # fmt: skip

    def _selection(self, k: int) -> Table:
        """Show how many of each group are selected, and how well."""
        rows = []
        for name in self.names:
            rate, precision = (self._one(m, name, k) for m in ("selection_rate", "precision"))
            nobody = rate is not None and rate.value == 0
            row = [Cell(label(self.attribute, name)), figure(rate, n=True)]
            row.append(missing("nobody selected") if nobody else figure(precision, n=True))
            rows.append((*row, figure(self._one("recall", name, k), n=True)))
        columns = (
            Column("Group", number=False),
            Column("Selection rate: of the group, in the list"),
            Column("Precision: of those selected, had the outcome"),
            Column("Recall: of those with the outcome, selected"),
        )
        caption = f"The top {number(k)} by {self.title}"
        return Table(key=f"selection-{self.place}", caption=caption, columns=columns,
                     rows=tuple(rows), notes=notes(tuple(rows)))  # fmt: skip
