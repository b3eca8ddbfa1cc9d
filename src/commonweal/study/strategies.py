"""Which models are compared beside how much of them one must read, and how each is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from commonweal.core.store import Artefact
from commonweal.evaluation.matters import Strategy
from commonweal.models.boosted import boosted_trainer
from commonweal.models.columns import columns_seen
from commonweal.models.data import TrainingData
from commonweal.models.fitted import Fitted
from commonweal.models.missing import FilledModel, filled, learn_fills
from commonweal.models.registry import fit
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    Learned,
    LogisticSpec,
    ModelSpec,
    ScorecardSpec,
    TreeSpec,
    Tunable,
)
from commonweal.models.trees.cart import cart
from commonweal.models.trees.fit import kinds_of, read_rows
from commonweal.models.trees.fitted import TreeModel
from commonweal.models.trees.found import Found
from commonweal.models.trees.path import usual_path
from commonweal.models.trees.penalty import best_alpha
from commonweal.models.trees.tree import Tree
from commonweal.study.matrix import columns_of
from commonweal.study.models import seen
from commonweal.study.spec import StudySpec

USUAL: Mapping[Strategy, Learned] = {
    "boosted": BoostedSpec(kind="boosted"),
    "logistic": LogisticSpec(kind="logistic"),
    "scorecard": ScorecardSpec(kind="scorecard"),
    "tree": TreeSpec(kind="tree", bins=32),
}
"""Settings of a kind that the study does not declare; the tree's few bins are for speed."""
WIDE = 600
"""Most columns of a logistic regression that the study does not declare: it would take minutes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One kind of model as it is compared.

    Parameters
    ----------
    kind
        The kind.
    spec
        Its settings, neither tuned nor calibrated.
    declared
        The study's model whose settings they are; None where they are the usual ones.
    columns
        The columns it sees, in order.
    """

    kind: Strategy
    spec: ModelSpec
    declared: str | None
    columns: tuple[str, ...]

    @property
    def too_wide(self) -> bool:
        """Whether it would take too long, and nobody asked for it by declaring it."""
        usual = isinstance(self.spec, LogisticSpec) and self.declared is None
        return usual and len(self.columns) > WIDE


def plans(
    spec: StudySpec, found: Mapping[str, ModelSpec], blocks: Mapping[str, Artefact]
) -> tuple[Plan, ...]:
    """Return the kinds compared, the one the others are held against first.

    Parameters
    ----------
    spec
        The study.
    found
        Its models, with the settings that were found where they were searched for.
    blocks
        Feature blocks.
    """
    kinds = sorted(spec.interpretability.kinds, key=lambda kind: kind != "boosted")
    made = [_plan(kind, spec.evaluation.headline, found, blocks) for kind in kinds]
    return tuple(plan for plan in made if plan is not None and plan.columns)


def _plan(
    kind: Strategy, headline: str, found: Mapping[str, ModelSpec], blocks: Mapping[str, Artefact]
) -> Plan | None:
    wanted = "tree" if kind == "cart" else kind
    names = sorted(found, key=lambda name: name != headline)
    declared = next((name for name in names if found[name].kind == wanted), None)
    if declared is not None:
        spec = found[declared]
    elif wanted in USUAL:
        spec = seeing_as(USUAL[wanted], found[headline])
    else:
        return None
    if isinstance(spec, Learned):
        spec = replace(spec, calibration=None, cross_fitted=False, permutation=None)
    if isinstance(spec, Tunable):
        spec = replace(spec, tuning=None)
    return Plan(kind, spec, declared, columns_seen(spec, columns_of(seen(spec, blocks))))


def seeing_as(spec: Learned, headline: ModelSpec) -> Learned:
    """Let a model see what the headline model sees.

    Filled where that one is filled; but no hand could fill features in, so a card never is.
    """
    if isinstance(headline, BaseRateSpec):
        return spec
    by_hand = isinstance(spec, ScorecardSpec)
    missing = headline.missing if isinstance(headline, Learned) and not by_hand else None
    return replace(
        spec, blocks=headline.blocks, without=headline.without, columns=headline.columns,
        without_columns=headline.without_columns, missing=missing,
    )  # fmt: skip


def fitted(plan: Plan, data: TrainingData, seed: int, alpha: float | None = None) -> Fitted:
    """Fit one kind of model; what it must choose it chooses on the validation part of the data.

    Parameters
    ----------
    plan, data, seed
        The kind, the rows it learns from, and the seed of the split.
    alpha
        Penalty a leaf of a tree, where one is chosen already: `penalty`.
    """
    spec = plan.spec
    if not isinstance(spec, Learned) or spec.missing is None:
        return _fitted(plan, data, seed, alpha)
    fills = learn_fills(spec.missing, data.train, seed)
    return FilledModel(_fitted(plan, filled(data, fills), seed, alpha), fills)


def penalty(model: Fitted) -> float | None:
    """Return the penalty a leaf that a tree was fitted with; None of what is no tree."""
    if isinstance(model, FilledModel):
        return penalty(model.model)
    return model.found.alpha if isinstance(model, TreeModel) else None


def _fitted(plan: Plan, data: TrainingData, seed: int, alpha: float | None) -> Fitted:
    spec = plan.spec
    if isinstance(spec, BoostedSpec):
        return fit(_stopped(spec, data, seed), data, seed, 1)
    if not isinstance(spec, TreeSpec):
        return fit(spec, data, seed, 1)
    alpha = spec.alpha if alpha is None else alpha
    alpha = _alpha(spec, data) if alpha is None else alpha
    if plan.kind == "tree":
        return fit(replace(spec, alpha=alpha, restarts=1), data, seed, 1)
    tree = _cart(spec, replace(data, train=data.together()), alpha)
    reached, leaves = tree.objective(alpha), len(tree.leaves)
    return TreeModel(tree, Found(alpha, reached, leaves, reached, leaves, (reached,)))


def _stopped(spec: BoostedSpec, data: TrainingData, seed: int) -> BoostedSpec:
    """Let one of several boosted models that are averaged say how many trees each has."""
    if spec.trees is not None or spec.bags == 1:
        return spec
    early = boosted_trainer(spec, data, seed, 1)(replace(spec, bags=1))
    return replace(spec, trees=max(1, int(early.boosters[0].best_iteration)))


def _alpha(spec: TreeSpec, data: TrainingData) -> float:
    """Choose the penalty as the others choose what they must: for CART, so that no tree gains."""
    held = data.validation
    path = usual_path(len(data.train.rows))
    return best_alpha(_cart(spec, data, 0.0), read_rows(held), held.labels, path)


def _cart(spec: TreeSpec, data: TrainingData, alpha: float) -> Tree:
    """Grow CART on the training part."""
    values = read_rows(data.train)
    kinds = kinds_of(values, data.categorical)
    return cart(
        values, data.train.labels, data.names, kinds, alpha=alpha, max_depth=spec.max_depth,
        min_leaf=spec.min_leaf,
    )  # fmt: skip
