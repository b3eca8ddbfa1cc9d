"""A tree as SQL and as plain Python: the same leaf for the same row, without this package."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from commonweal.models.trees.rules import Words, joined, rules
from commonweal.models.trees.tree import Tree

_MOST = "1.7976931348623157E+308"


def tree_sql(
    tree: Tree, table: str = "features", words: Words | None = None, *, single: bool = False,
    nan: bool = True, chances: Sequence[float] | None = None,
) -> str:  # fmt: skip
    """Write a query that adds ``leaf`` and ``chance`` to every row of a table.

    Every value goes where `Tree.apply` sends it: NULL where the missing go, and so NaN. It is
    standard SQL, and runs in PostgreSQL and DuckDB. A category is the place of its
    code, as in the matrix the tree was learned from.

    Parameters
    ----------
    tree
        The tree.
    table
        Name of the table; it has the tree's columns.
    words
        What columns and categories are called in the comment that says what each leaf means.
    single
        Whether values are rounded to 32 bits first: the features of a study are.
    nan
        Whether a column may hold NaN; where none does, a shorter and faster query. NULL is safer:
        of a Parquet column whose known values are all equal, DuckDB 2.0 takes NaN for that value.
    chances
        Predicted chance of each leaf, if not its share of positives.
    """
    names, shares = _names(tree), _chances(tree, chances)
    said = [f"-- leaf {i}: {_line(joined(rule))}" for i, rule in enumerate(rules(tree, words))]

    def chance(node: int) -> str:
        return f"CAST({_number(shares[names[node]])} AS DOUBLE PRECISION)"

    writing = _Sql(tree, single, nan)
    leaf = writing.case(0, lambda node: str(names[node]), "  ")
    share = writing.case(0, chance, "  ")
    query = ["SELECT", "  *,", f'  {leaf} AS "leaf",', f'  {share} AS "chance"']
    return "\n".join([*said, *query, f"FROM {quoted(table)}"]) + "\n"


def quoted(name: str) -> str:
    """Quote an identifier as standard SQL does."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


class _Sql:
    """Nested CASE expressions of one tree."""

    def __init__(self, tree: Tree, single: bool, nan: bool) -> None:
        self.tree, self.single, self.nan = tree, single, nan

    def case(self, node: int, value: Callable[[int], str], indent: str) -> str:
        """Return the expression of a node: its value at a leaf."""
        tree = self.tree
        left, right = int(tree.left[node]), int(tree.right[node])
        if left < 0:
            return value(node)
        # What is missing makes a condition unknown and so goes to the ELSE: the condition is
        # written for the side to which the missing do not go.
        first, second = (right, left) if tree.missing_left[node] else (left, right)
        deeper = indent + "  "
        asked = self._asked(node)
        then, other = (self.case(n, value, deeper) for n in (first, second))
        return f"CASE WHEN {asked}\n{deeper}THEN {then}\n{deeper}ELSE {other}\n{indent}END"

    def _asked(self, node: int) -> str:
        """Return the condition of the side to which the missing do not go."""
        tree = self.tree
        column, at = int(tree.feature[node]), float(tree.threshold[node])
        if tree.missing_left[node] and at == math.inf:
            return "1 = 0"
        name = quoted(tree.names[column])
        x = f"CAST({name} AS REAL)" if self.single else name
        x = f"CAST({x} AS DOUBLE PRECISION)"
        asked = f"{x} {_sign(tree, node)}" if at < math.inf else f"{name} IS NOT NULL"
        # An engine that keeps the least and the greatest value of a column may answer a comparison
        # from these, and leave NaN out of them: that it is none is asked of its text.
        known = f"LOWER(CAST({name} AS VARCHAR(32))) <> 'nan'"
        return f"{asked} AND {known}" if self.nan else asked


def _sign(tree: Tree, node: int) -> str:
    """Return what a value is compared with on the side to which the missing do not go."""
    at, right = float(tree.threshold[node]), bool(tree.missing_left[node])
    if tree.kinds[tree.feature[node]] == "category":
        return f"{'<>' if right else '='} {_number(at)}"
    if at == -math.inf:
        return f"{'>=' if right else '<'} -{_MOST}"
    return f"{'>' if right else '<='} {_number(at)}"


def tree_python(
    tree: Tree, words: Words | None = None, *, single: bool = False,
    chances: Sequence[float] | None = None,
) -> str:  # fmt: skip
    """Write a module with ``region(row)``, ``chance(row)`` and ``RULES``; it imports only math.

    ``region`` takes a mapping from column to value, None or NaN where missing, and returns the
    leaf to which `Tree.apply` sends it; ``RULES`` says what each leaf means.

    Parameters
    ----------
    tree, words, single, chances
        As for `tree_sql`.
    """
    names, shares = _names(tree), _chances(tree, chances)
    said = [joined(rule) for rule in rules(tree, words)]
    lines = [
        '"""A decision tree: the leaf a row falls into, and the chance predicted there."""', "",
        "import math", "", "RULES = (", *(f"    {_literal(rule)}," for rule in said), ")",
        "CHANCES = (", *(f"    {share!r}," for share in shares), ")", "", "",
        *(_SINGLE if single else _DOUBLE), "", "",
        "def region(row):",
        '    """Return the number of the leaf: RULES says what it means."""',
        *_branches(tree, 0, names, "    "), "", "",
        "def chance(row):", '    """Return the predicted chance."""',
        "    return CHANCES[region(row)]",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


_DOUBLE = (
    "def _value(row, name):",
    '    """Return a value, NaN where it is missing."""',
    "    value = row[name]",
    "    return math.nan if value is None else float(value)",
)
_SINGLE = (
    "def _value(row, name):",
    '    """Return a value as a number of 32 bits, NaN where it is missing."""',
    "    value = row[name]",
    "    value = math.nan if value is None else float(value)",
    "    if abs(value) >= 2.0**128:",
    "        return math.copysign(math.inf, value)",
    "    if math.isnan(value):",
    "        return value",
    "    places = min(24 - math.frexp(value)[1], 149)",
    "    value = math.ldexp(round(math.ldexp(value, places)), -places)",
    "    return value if abs(value) < 2.0**128 else math.copysign(math.inf, value)",
)


def _branches(tree: Tree, node: int, names: dict[int, int], indent: str) -> list[str]:
    left, right = int(tree.left[node]), int(tree.right[node])
    if left < 0:
        return [f"{indent}return {names[node]}"]
    column, at = int(tree.feature[node]), float(tree.threshold[node])
    how = "==" if tree.kinds[column] == "category" else "<="
    number = repr(at) if math.isfinite(at) else f"{'-' if at < 0 else ''}math.inf"
    missing = " or math.isnan(x)" if tree.missing_left[node] else ""
    return [
        f"{indent}x = _value(row, {_literal(tree.names[column])})",
        f"{indent}if x {how} {number}{missing}:",
        *_branches(tree, left, names, indent + "    "),
        *_branches(tree, right, names, indent),
    ]


def _names(tree: Tree) -> dict[int, int]:
    """Return node -> number of the leaf."""
    return {node: place for place, node in enumerate(tree.leaves.tolist())}


def _chances(tree: Tree, chances: Sequence[float] | None) -> list[float]:
    found = tree.chance[tree.leaves].tolist() if chances is None else [float(c) for c in chances]
    if len(found) != len(tree.leaves):
        raise ValueError(f"{len(found)} chances for {len(tree.leaves)} leaves")
    return found


def _number(value: float) -> str:
    """Write a number so that it is read as 64 bits, the same ones."""
    return f"{Decimal(repr(value)):E}"


def _line(text: str) -> str:
    """Keep a comment on its line."""
    return "".join(c if c.isprintable() else " " for c in text)


def _literal(text: str) -> str:
    """Write a text as Python, in ASCII: names may hold anything."""
    return ascii(text)
