"""A tree in words: an outline of its splits, and one rule a leaf whose conditions are merged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from commonweal.models.trees.tree import Kind, Tree


@dataclass(frozen=True, slots=True)
class Words:
    """What columns and categories are called; what is not named is called as the tree calls it.

    Parameters
    ----------
    columns
        Column -> what it is called.
    codes
        Column of categories -> what each code stands for, in their order.
    complete
        Columns that are never missing: of these it is not said where the missing go.
    whole
        Columns of whole numbers: of these it is said "at most 2" and "at least 3", not "<= 2.5".
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    complete: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()

    def column(self, name: str) -> str:
        """Return what a column is called."""
        return self.columns.get(name, name)

    def code(self, name: str, place: float) -> str:
        """Return what the code at a place stands for."""
        codes = self.codes.get(name, ())
        known = place.is_integer() and 0 <= place < len(codes)
        return codes[int(place)] if known else f"code {place:g}"


@dataclass(frozen=True, slots=True)
class LeafFigure:
    """People of one leaf, or of several that are told together, and how many had the outcome.

    Parameters
    ----------
    leaves
        The leaves, from left to right, the leftmost of a tree being 0.
    n
        How many people, or rows learned from.
    rate
        The share of them with the outcome.
    low, high
        Its 95% interval; None where the figure describes the rows the tree was learned from.
    """

    leaves: tuple[int, ...]
    n: int
    rate: float
    low: float | None = None
    high: float | None = None

    @property
    def group(self) -> str:
        """Whom it is about, as a figure names it: ``leaf=0 or 3``."""
        return f"leaf={' or '.join(map(str, self.leaves))}"

    def words(self) -> str:
        """Write the figure: ``12.3% (10.1% to 14.5%; n = 500)``."""
        size = f"n = {self.n:,}"
        if self.low is None or self.high is None:
            return f"{100 * self.rate:.1f}% ({size})"
        interval = f"{100 * self.low:.1f}% to {100 * self.high:.1f}%"
        return f"{100 * self.rate:.1f}% ({interval}; {size})"


def leaves_of(group: str) -> tuple[int, ...]:
    """Return the leaves that a figure's group names."""
    return tuple(int(one) for one in group.removeprefix("leaf=").split(" or "))


@dataclass(frozen=True, slots=True)
class Branch:
    """One node of a tree as it is told.

    Parameters
    ----------
    depth
        Splits above it.
    says
        The condition under which rows come to it from its parent; empty at the root.
    leaf
        Its number among the leaves, None where it is split.
    rule
        At a leaf, all conditions from the root on, those on one column merged, in the order in
        which columns are first asked for. Empty where there are none.
    """

    depth: int
    says: str
    leaf: int | None
    rule: tuple[str, ...]


def outline(tree: Tree, words: Words | None = None) -> tuple[Branch, ...]:
    """Tell a tree node by node, a parent before its children, the left child first."""
    words, depths, found = words or Words(), tree.depths.tolist(), []
    ways: dict[int, dict[int, _Held]] = {0: {}}
    said, leaf = {0: ""}, 0
    for node in range(len(tree.left)):
        way = ways.pop(node)
        children = (int(tree.left[node]), int(tree.right[node]))
        if children[0] < 0:
            rules = (_phrase(held, tree, column, words) for column, held in way.items())
            found.append(Branch(depths[node], said[node], leaf, tuple(r for r in rules if r)))
            leaf += 1
            continue
        column = int(tree.feature[node])
        for child in children:
            goes_left = child == children[0]
            above = way.get(column, _Held())
            merged = above.step(tree, node, goes_left)
            ways[child] = way | {column: merged}
            # Alone, but for the missing: who were sent elsewhere above come no more. Where no
            # other value comes, only what is missing is meant.
            alone = _Held(missing=above.missing).step(tree, node, goes_left)
            held = merged if merged.nobody else alone
            said[child] = _phrase(held, tree, column, words) or "anything else"
        found.append(Branch(depths[node], said[node], None, ()))
    return tuple(found)


def rules(tree: Tree, words: Words | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the conditions of each leaf, from left to right."""
    return tuple(branch.rule for branch in outline(tree, words) if branch.leaf is not None)


def joined(rule: Sequence[str]) -> str:
    """Write the conditions of a leaf as one."""
    if len(rule) < 2:
        return "".join(rule) or "everybody"
    return " and ".join(f"({one})" if " or " in one else one for one in rule)


def learned(tree: Tree) -> tuple[LeafFigure, ...]:
    """Return of each leaf how many rows it was learned from, and its share of positives."""
    leaves = tree.leaves
    pairs = zip(tree.rows[leaves].tolist(), tree.chance[leaves].tolist(), strict=True)
    return tuple(LeafFigure((i,), round(rows), share) for i, (rows, share) in enumerate(pairs))


def tree_text(
    tree: Tree, words: Words | None = None, figures: Sequence[LeafFigure] | None = None
) -> str:
    """Write a tree as text: an indented outline, then one rule a leaf.

    Parameters
    ----------
    tree
        The tree.
    words
        What its columns and categories are called.
    figures
        What is said of each leaf, such as `leaf_figures` measures it on new people. Where none
        are given, the rows the tree was learned from, which flatter it.
    """
    branches = outline(tree, words)
    return written(branches, learned(tree) if figures is None else figures)


def written(branches: Sequence[Branch], figures: Sequence[LeafFigure]) -> str:
    """Write an outline and its rules as text."""
    ends = [
        next((b.depth for b in branches[i + 1 :] if b.depth <= one.depth), -1) != one.depth
        for i, one in enumerate(branches)
    ]
    lines: list[str] = []
    open_: list[str] = []
    for branch, last in zip(branches, ends, strict=True):
        del open_[max(branch.depth - 1, 0) :]
        stem = "".join(open_) + ("`-- " if last else "|-- ") if branch.depth else ""
        end = "" if branch.leaf is None else f" -> {told(branch.leaf, figures)}"
        lines.append(f"{stem}{branch.says or 'everybody'}{end}")
        if branch.depth:
            open_.append("    " if last else "|   ")
    lines.append("")
    lines += [f"leaf {one.leaf}: {joined(one.rule)}" for one in branches if one.leaf is not None]
    return "\n".join(lines) + "\n"


def told(leaf: int, figures: Sequence[LeafFigure]) -> str:
    """Name a leaf with its figure: ``leaf 3 with 4: 12.3% (n = 500)``; just its name if none."""
    figure = figure_of(leaf, figures)
    if figure is None:
        return f"leaf {leaf}"
    others = [str(one) for one in figure.leaves if one != leaf]
    beside = f" with {', '.join(others)}" if others else ""
    return f"leaf {leaf}{beside}: {figure.words()}"


def figure_of(leaf: int, figures: Sequence[LeafFigure]) -> LeafFigure | None:
    """Return the figure that is about a leaf, alone or with others."""
    return next((one for one in figures if leaf in one.leaves), None)


@dataclass(frozen=True, slots=True)
class _Held:
    """Which values of one column come to a node: a range, one category or none of some."""

    low: float = -math.inf
    high: float = math.inf
    only: float | None = None
    never: tuple[float, ...] = ()
    nobody: bool = False
    missing: bool = True

    def step(self, tree: Tree, node: int, goes_left: bool) -> _Held:
        """Return what is left of them on one side of a split."""
        at, missing = float(tree.threshold[node]), bool(tree.missing_left[node]) is goes_left
        missing = self.missing and missing
        if tree.kinds[tree.feature[node]] == "category":
            return replace(self._category(at, goes_left), missing=missing)
        low, high = (self.low, min(self.high, at)) if goes_left else (max(self.low, at), self.high)
        # A range holds what is above its lower end and at most its upper one.
        nobody = self.nobody or low >= high
        return replace(self, low=low, high=high, nobody=nobody, missing=missing)

    def _category(self, at: float, goes_left: bool) -> _Held:
        if not goes_left:
            never = self.never if at in self.never else (*self.never, at)
            return replace(self, never=never, nobody=self.nobody or self.only == at)
        nobody = self.nobody or at in self.never or self.only not in (None, at)
        return replace(self, only=at, nobody=nobody)


def _phrase(held: _Held, tree: Tree, column: int, words: Words) -> str:
    """Say a condition; empty where everything fulfils it."""
    name, kind = tree.names[column], tree.kinds[column]
    called, missing = words.column(name), held.missing and name not in words.complete
    values = _values(held, called, name, kind, words)
    if values is None:  # no value comes here
        return f"{called} is missing" if held.missing else f"{called} is nothing at all"
    if not values:
        return "" if held.missing or name in words.complete else f"{called} is not missing"
    return f"{values} or missing" if missing else values


def _values(held: _Held, called: str, name: str, kind: Kind, words: Words) -> str | None:
    """Say which values are meant; empty where all are, None where none is."""
    if kind == "category":
        if held.nobody:
            return None
        if held.only is not None:
            return f"{called} is {words.code(name, held.only)}"
        others = [words.code(name, code) for code in held.never]
        return f"{called} is not {' or '.join(others)}" if others else ""
    if kind == "binary":
        zero, one = (held.low < value <= held.high for value in (0.0, 1.0))
        if zero is one:
            return "" if zero else None
        return f"{called} is {'yes' if one else 'no'}"
    if held.nobody:
        return None
    if name in words.whole:
        return _whole(held, called)
    low, high = (f"{end:.6g}" for end in (held.low, held.high))
    if math.isinf(held.low):
        return "" if math.isinf(held.high) else f"{called} <= {high}"
    return f"{called} > {low}" if math.isinf(held.high) else f"{low} < {called} <= {high}"


def _whole(held: _Held, called: str) -> str | None:
    """Say which whole numbers are meant; empty where all are, None where none is."""
    if math.isinf(held.low) or math.isinf(held.high):
        if math.isinf(held.low):
            return "" if math.isinf(held.high) else f"{called}: at most {math.floor(held.high):,}"
        return f"{called}: at least {math.floor(held.low) + 1:,}"
    low, high = math.floor(held.low) + 1, math.floor(held.high)
    if low >= high:
        return f"{called}: {low:,}" if low == high else None
    return f"{called}: {low:,} to {high:,}"
