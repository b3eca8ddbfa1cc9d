"""A random forest by scikit-learn, kept as plain arrays: nothing is unpickled to read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.canonical import pretty_json
from commonweal.core.parallel import once
from commonweal.core.seeds import seed_for, stream
from commonweal.core.tables import read_table, write_table
from commonweal.features.cells import Values
from commonweal.models.data import Labels, Sample, Scores, TrainingData, dense
from commonweal.models.fitted import shares
from commonweal.models.spec import ForestSpec

BUDGET = 2_000_000_000
"""Bytes the rows of a forest may have; scikit-learn reads them where they lie."""
Rows = tuple[Values, Labels]
_TREES, _SUMMARY = "trees.parquet", "forest.json"


@dataclass(frozen=True, slots=True)
class ForestModel:
    """Trees, one after the other; a node's children are told by their place in its tree.

    Parameters
    ----------
    starts
        First node of each tree, shape (trees,).
    left, right
        Children of each node, shape (nodes,); -1 at a leaf.
    feature, threshold
        A node's column; a value not above the threshold goes left.
    missing_left
        Whether a missing value goes left.
    value
        Share of positives among the rows of each node.
    gini
        Share of each column in what splits gain (mean decrease in impurity), shape (columns,).
    """

    starts: NDArray[np.int64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    gini: NDArray[np.float64]

    @property
    def probability(self) -> bool:
        """Scores are probabilities."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the mean share of positives in the leaves of each row."""
        from commonweal.models.forest_kernels import forest_scores

        out = np.zeros(len(values))
        forest_scores(np.ascontiguousarray(values, np.float32), *self._arrays, out)
        return out

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return how far the splits on each column moved each row's score along its way down.

        In probability, not log-odds. They add up to the score less the mean of the roots
        (Saabas 2014); unlike SHAP values they credit a split to its own column alone.
        """
        from commonweal.models.forest_kernels import forest_moves

        out = np.zeros(values.shape)
        forest_moves(np.ascontiguousarray(values, np.float32), *self._arrays, out)
        return out

    @property
    def trees(self) -> int:
        """Number of trees."""
        return len(self.starts)

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return (self.starts, self.left, self.right, self.feature, self.threshold,
                self.missing_left, self.value)  # fmt: skip

    def importance(self) -> NDArray[np.float64]:
        """Return each column's share of the decrease in Gini impurity."""
        return self.gini

    def save(self, folder: Path) -> None:
        """Write the nodes as Parquet, and where trees start as JSON."""
        names = ("left", "right", "feature", "threshold", "missing_left", "value")
        table = pa.table({name: pa.array(getattr(self, name)) for name in names})
        write_table(table, folder / _TREES)
        said = {"starts": self.starts.tolist(), "gini": self.gini.tolist()}
        (folder / _SUMMARY).write_text(pretty_json(said), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> ForestModel:
        """Read what `save` wrote."""
        said = json.loads((folder / _SUMMARY).read_text(encoding="utf-8"))
        table = read_table(folder / _TREES)
        columns = {
            name: table[name].combine_chunks().to_numpy(zero_copy_only=False)
            for name in table.column_names
        }
        return cls(
            starts=np.array(said["starts"], np.int64), gini=np.array(said["gini"], np.float64),
            **columns,
        )  # fmt: skip


def forest_trainer(
    spec: ForestSpec, data: TrainingData, seed: int, threads: int
) -> Callable[[ForestSpec], ForestModel]:
    """Return what fits forests of different settings on the training rows, read once."""
    held = once(lambda: forest_rows(data.train, spec.rows, seed))
    return lambda one: fit_forest(one, held(), seed, threads)


def fit_forest(spec: ForestSpec, rows: Rows, seed: int, threads: int) -> ForestModel:
    """Fit a forest; threads change how fast, never what.

    Parameters
    ----------
    spec
        Settings.
    rows
        Values and labels, as `forest_rows` returns them.
    seed
        The study's seed.
    threads
        Threads scikit-learn may use.
    """
    from sklearn.ensemble import RandomForestClassifier

    values, labels = rows
    forest = RandomForestClassifier(
        n_estimators=spec.trees, min_samples_leaf=spec.min_leaf, max_depth=spec.max_depth or None,
        max_features=spec.column_fraction or "sqrt", n_jobs=threads,
        max_samples=spec.row_fraction if spec.row_fraction < 1 else None,
        random_state=seed_for(seed, "forest"),
    )  # fmt: skip
    forest.fit(values, labels)
    return _plain(forest)


def forest_rows(sample: Sample, most: int | None, seed: int) -> Rows:
    """Read the rows a forest is fitted on, at most `most` of them, drawn at random.

    Raises
    ------
    StudyError
        If they are larger than `BUDGET`.
    """
    if most is not None and most < len(sample.rows):
        drawn = stream(seed, "forest", "rows").choice(len(sample.rows), most, replace=False)
        sample = sample.some(np.sort(drawn).astype(np.int64))
    return dense(sample, "forest", BUDGET, "name fewer blocks, or set `rows`"), sample.labels


def _plain(forest: Any) -> ForestModel:
    """Take a fitted forest's arrays out of scikit-learn."""
    trees = [one.tree_ for one in forest.estimators_]
    classes = forest.classes_.tolist()
    of = classes.index(1) if 1 in classes else None
    levels = [np.zeros(t.node_count) if of is None else t.value[:, 0, of] for t in trees]
    sizes = [tree.node_count for tree in trees]

    def joined(name: str, kind: type[np.generic]) -> NDArray[Any]:
        return np.concatenate([np.asarray(getattr(tree, name)) for tree in trees]).astype(kind)

    return ForestModel(
        starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        left=joined("children_left", np.int32), right=joined("children_right", np.int32),
        feature=joined("feature", np.int32), threshold=joined("threshold", np.float64),
        missing_left=joined("missing_go_to_left", np.bool_),
        value=np.concatenate(levels).astype(np.float64),
        gini=shares(np.asarray(forest.feature_importances_, dtype=np.float64)),
    )  # fmt: skip
