"""A run's scorecards, as its report prints them: columns and categories by their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.core.results import Finding, Severity
from commonweal.core.store import Artefact
from commonweal.models.scorecard.card import Card
from commonweal.models.scorecard.fitted import FILE, card_of
from commonweal.models.scorecard.words import Called, Words
from commonweal.models.spec import ScorecardSpec
from commonweal.oversight.disclosure import SMALL
from commonweal.reports.content import CardSummary
from commonweal.study.matrix import DESCRIBED
from commonweal.study.stages import Workshop

_BY_PLACE = ", by its place among the commonest"


def summaries(
    shop: Workshop, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact]
) -> tuple[CardSummary, ...]:
    """Read every scorecard of the study as declared."""
    names = [n for n, spec in shop.study.spec.models.items() if isinstance(spec, ScorecardSpec)]
    if not names:
        return ()
    called = {name: one for artefact in blocks.values() for name, one in _called(artefact)}
    found = []
    for name in names:
        said: Any = fitted[name].json(FILE)
        card = card_of(said)
        mine = Words({item.column: called[item.column] for item in card.items})
        shown = card if _safe(shop, card) else None
        found.append(CardSummary(model=name, card=shown, words=mine if shown else Words()))
    return tuple(found)


def card_findings(cards: tuple[CardSummary, ...]) -> Iterator[Finding]:
    """Say of every card whether it may be shown."""
    code = "oversight.card-hidden"
    for one in cards:
        if one.card is None:
            message = (
                "The card is not shown: an item may be true, or not true, of 10 people or fewer. "
                "Raise its min_rows."
            )
            yield Finding(code=code, severity=Severity.WARN, message=message, where=one.model)
        else:
            message = "Every item of the card divides more people than could be told apart."
            yield Finding(code=code, severity=Severity.PASS, message=message, where=one.model)


def _safe(shop: Workshop, card: Card) -> bool:
    """Return whether every item is true, and not true, of more people than are never shown.

    Rows are people at as-of dates, so ten people may be ten rows a date.
    """
    most = SMALL * len(shop.dates("train", "validation"))
    either = [min(item.held, card.rows - item.held) for item in card.items]
    return shop.study.disclosure.exempt or all(rows > most for rows in either)


def _called(block: Artefact) -> Iterator[tuple[str, Called]]:
    """Yield what the columns of a block are called, with the words of their categories."""
    described: Any = block.json(DESCRIBED)
    codes = described["notes"].get("codes", {})
    for feature in described["features"]:
        label = feature["meaning"].rstrip(".").replace(_BY_PLACE, "")
        words: tuple[str, ...] = ()
        if feature["unit"] == "category":  # SOURCE.COLUMN.SUMMARY
            column = feature["name"].partition(".")[2].rpartition(".")[0]
            words = tuple(codes.get(column, ()))
        yield feature["name"], Called(label, words, feature["unit"] != "yes/no")
