"""A tree as a study's model: it predicts, says what it uses, and is kept as JSON."""

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
from commonweal.models.trees.found import Found, Tried
from commonweal.models.trees.tree import Tree

_FILE = "tree.json"
_ARRAYS = {
    "feature": np.int32, "threshold": np.float64, "missing_left": np.bool_, "left": np.int32,
    "right": np.int32, "rows": np.float64, "positives": np.float64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TreeModel:
    """A tree, and what the search for it came to.

    Parameters
    ----------
    tree
        The tree; its leaves are the regions in which a decision may be studied: `regions`.
    found
        What the search came to.
    """

    tree: Tree
    found: Found

    @property
    def probability(self) -> bool:
        """Scores are probabilities."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the share of positives in each row's leaf."""
        return self.tree.predict(values)

    def regions(self, values: Values) -> NDArray[np.int64]:
        """Return the leaf each row falls into: 0 for the leftmost, then 1, in order."""
        return np.searchsorted(self.tree.leaves, self.tree.apply(values)).astype(np.int64)

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return how far the splits on each column moved each row's score along its way down.

        In probability. They add up to the score less the share of positives at the root.
        """
        tree, moved = self.tree, np.zeros((len(values), len(self.tree.names)))
        ways = np.zeros((len(tree.left), len(tree.names)))
        chance = tree.chance
        for node in np.flatnonzero(tree.left >= 0).tolist():
            for child in (tree.left[node], tree.right[node]):
                ways[child] = ways[node]
                ways[child, tree.feature[node]] += chance[child] - chance[node]
        moved[:] = ways[tree.apply(values)]
        return moved

    def importance(self) -> NDArray[np.float64]:
        """Return each column's share of the squared errors that splits take away."""
        tree, gained = self.tree, np.zeros(len(self.tree.names))
        errors = tree.positives * (tree.rows - tree.positives) / tree.rows
        for node in np.flatnonzero(tree.left >= 0).tolist():
            less = errors[node] - errors[tree.left[node]] - errors[tree.right[node]]
            gained[tree.feature[node]] += max(float(less), 0.0)
        return shares(gained)

    def save(self, folder: Path) -> None:
        """Write tree and search as JSON."""
        plain: dict[str, Any] = {"names": self.tree.names, "kinds": self.tree.kinds}
        plain |= {name: _said(getattr(self.tree, name)) for name in _ARRAYS}
        said = {"tree": plain, "found": asdict(self.found)}
        (folder / _FILE).write_text(pretty_json(said), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> TreeModel:
        """Read what `save` wrote."""
        said = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        plain, found = said["tree"], said["found"]
        arrays: dict[str, Any] = {
            name: np.array(plain[name], kind) for name, kind in _ARRAYS.items()
        }
        tree = Tree(tuple(plain["names"]), tuple(plain["kinds"]), **arrays)
        path = tuple(Tried(**one) for one in found.pop("path"))
        restarts = tuple(found.pop("restarts"))
        return cls(tree, Found(**found, restarts=restarts, path=path))


def _said(numbers: NDArray[Any]) -> list[Any]:
    """Return numbers as JSON holds them: what is no finite number as a word."""
    return [x if np.isfinite(x) else str(x) for x in numbers.tolist()]
