"""How settings of models were found: what was tried, what was chosen, how far apart they were."""

from __future__ import annotations

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.content import TuningSummary
from commonweal.reports.parts import Cell, Column, Paragraph, Part, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import counted, number, spaced

TITLE = "How settings were found"
_FIGURES = {
    "precision": "precision among as many people as had the outcome",
    "precision_at_capacity": "precision at capacity",
    "average_precision": "average precision",
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
}
_SAMPLERS = {
    "random": "drawn at random",
    "optuna": "each suggested by those tried before it (Optuna, TPE)",
}


def tuning(reading: Reading) -> tuple[Part, ...]:
    """Say for each searched model what was tried and chosen; nothing where none was searched."""
    found = reading.content.tuning
    if not found:
        return ()
    said = (
        "Each configuration was fitted on training dates, stopped on one part of the validation "
        "date and measured on another. These figures are not about the test date, and the best of "
        "many is better than it will be elsewhere: it was chosen for being the best here. Every "
        "configuration stands in the file named below each table."
    )
    return (Paragraph(said), *(part for one in found for part in _search(reading, one)))


def _search(reading: Reading, one: TuningSummary) -> tuple[Part, ...]:
    places = 3 if one.figure in ("auc", "average_precision") else 5
    shares = one.figure in ("precision", "precision_at_capacity")
    rows = tuple(
        (Cell(words), figure(_figure(reading, one, name), None if shares else places))
        for name, words in (("chosen", "best, chosen"), ("median", "median"), ("worst", "worst"))
    )
    name = _FIGURES[one.figure]
    about = _figure(reading, one, "chosen")
    size = f"; n = {number(about.n)}" if about else ""
    table = Table(
        key=f"tuning-{one.model}",
        caption=f"Search for {reading.called(one.model)} by {name}, on the tuning part{size}",
        columns=(Column("Configuration", number=False), Column(name.capitalize())),
        rows=rows if about else tuple((row[0], missing()) for row in rows),
        notes=(f"All configurations: trials-{one.model}.csv.", *notes(rows)),
    )
    chosen = ", ".join(f"{spaced(setting)} {value:g}" for setting, value in one.settings.items())
    said = (
        f"{reading.called(one.model)}: {counted(one.tried, 'configuration')} tried, "
        f"{_SAMPLERS[one.sampler]}. Chosen: {chosen}, with {counted(one.trees, 'tree')}. "
        f"What each cost is in trials-{one.model}.csv."
    )
    return Paragraph(said), table


def _figure(reading: Reading, one: TuningSummary, name: str) -> Metric | None:
    """Return one figure of a search; it is about no test date."""
    metrics = reading.content.metrics
    return next((m for m in metrics if m.metric == f"tuning.{name}" and m.model == one.model), None)
