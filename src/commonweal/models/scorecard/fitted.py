"""A card as a study's model: it predicts, says what it uses, and is kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.canonical import pretty_json
from commonweal.features.cells import Values
from commonweal.models.data import Scores
from commonweal.models.fitted import shares
from commonweal.models.scorecard.card import Card, Item

FILE = "scorecard.json"


@dataclass(frozen=True, slots=True)
class ScorecardModel:
    """A scorecard.

    Parameters
    ----------
    names
        Columns it was offered, in order.
    card
        The card.
    """

    names: tuple[str, ...]
    card: Card

    @property
    def probability(self) -> bool:
        """Scores are probabilities: the chance that stands on the card beside the sum."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the chance that goes with each row's sum of points."""
        return self.card.predict(values)

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return the points each column gives each row, as log-odds."""
        moved = np.zeros((len(values), len(self.names)))
        for item in self.card.items:
            moved[:, item.place] += self.card.slope * item.points * item.holds(values)
        return moved

    def importance(self) -> NDArray[np.float64]:
        """Return each column's share of the points on the card, whatever their sign."""
        weight = np.zeros(len(self.names))
        for item in self.card.items:
            weight[item.place] += abs(item.points)
        return shares(weight)

    def save(self, folder: Path) -> None:
        """Write the card as JSON."""
        said = {"names": self.names, "card": asdict(self.card)}
        (folder / FILE).write_text(pretty_json(said), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> ScorecardModel:
        """Read what `save` wrote."""
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(tuple(said["names"]), card_of(said))


def card_of(said: dict[str, Any]) -> Card:
    """Take the card out of what `ScorecardModel.save` wrote."""
    plain = dict(said["card"])
    items = tuple(Item(**one) for one in plain.pop("items"))
    return Card(items=items, **plain)
