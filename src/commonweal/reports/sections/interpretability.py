"""What a model that can be read gives up: kinds of model, how good, and how much to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.parts import (
    Bullets,
    Cell,
    Column,
    Figure,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
)
from commonweal.reports.reading import Reading
from commonweal.reports.tradeoff import Choice, tradeoff
from commonweal.reports.words import decimal, listed, number, spaced

TITLE = "What a model that can be read gives up"
NAMES = {
    "boosted": "boosted trees", "logistic": "logistic regression", "scorecard": "scorecard",
    "tree": "one tree", "cart": "CART", "count_rank": "one past count",
}  # fmt: skip
_SHORT = NAMES | {"logistic": "logistic", "tree": "tree", "count_rank": "past count"}
"""Names in a picture."""
_THINGS = {
    "boosted": "leaves", "logistic": "coefficients", "scorecard": "items", "tree": "leaves",
    "cart": "leaves", "count_rank": "count",
}  # fmt: skip
READABLE = ("scorecard", "tree")
"""Kinds that somebody can follow by hand."""
_SHARES = ("precision",)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What was measured, by figure and kind; made by `of`.

    Parameters
    ----------
    own, apart
        Figure and kind -> the figure, and its difference to that of the first kind.
    kinds
        The kinds, the first one that the others are held against.
    """

    own: Mapping[tuple[str, str], Metric]
    apart: Mapping[tuple[str, str], Metric]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading) -> _Compared:
        own: dict[tuple[str, str], Metric] = {}
        apart: dict[tuple[str, str], Metric] = {}
        for m in reading.content.metrics:
            head, _, name = m.metric.partition(".")
            if head != "interpretability":
                continue
            kind = (m.group or "").partition("=")[2]
            figure_, table = (name.partition(".")[2], apart) if m.against else (name, own)
            table[figure_, kind] = m
        return cls(own, apart, tuple(kind for name, kind in own if name == "size"))

    @property
    def first(self) -> str:
        """Name of the kind that the others are held against."""
        return NAMES[self.kinds[0]]

    def to_read(self, kind: str) -> str:
        """Say how much there is to read."""
        size, trees = self.own["size", kind].value, self.own["trees", kind].value
        said = f"{_about(size)} {_THINGS[kind]}"
        return f"{said} in {_about(trees)} trees" if kind == "boosted" else said


def interpretability(reading: Reading) -> Section:
    """Show performance beside how much one must read, and say what reading costs."""
    found = _Compared.of(reading)
    if ("auc", found.kinds[0] if found.kinds else "") not in found.own:
        return Section("interpretability", TITLE, ())
    parts: list[Part] = [Paragraph(_how(reading, found))]
    said = given_up(reading)
    parts += [Bullets(said)] if said else []
    pictures = tuple(
        _picture(reading, found, name)
        for name in ("auc", "precision")
        if (name, found.kinds[0]) in found.own
    )
    parts += [Row(pictures), _table(reading, found), Paragraph(_LIMITS)]
    return Section("interpretability", TITLE, tuple(parts))


_LIMITS = (
    "All of this is about one period: the people learned from and those measured on are of the "
    "same dates. So it does not say which kind keeps its quality as things change; the figures of "
    "the test date do that for the study's own models. Settings were not searched for here. The "
    "intervals allow for the chance in who was learned from and who was measured on, and for "
    "divisions that share people (Nadeau and Bengio 2003); with few divisions they are "
    "approximate. Of several comparisons one may leave out 0 by chance alone. A model that can be "
    "read can be wrong, and what it reads is not what causes the outcome."
)


def given_up(reading: Reading) -> tuple[str, ...]:
    """Say what choosing each kind that can be followed by hand gives up; empty if not measured."""
    found = _Compared.of(reading)
    return tuple(_sentence(found, kind) for kind in READABLE if ("auc", kind) in found.apart)


def _sentence(found: _Compared, kind: str) -> str:
    area, precise = found.apart["auc", kind], found.apart.get(("precision", kind))
    article = "a scorecard" if kind == "scorecard" else NAMES[kind]
    other = f"{found.first} ({found.to_read(found.kinds[0])})"
    text = f"Choosing {article} ({found.to_read(kind)}) instead of {other} "
    text += _loss(area, "AUC", 1, 3)
    if precise is not None and precise.k:
        where = f"of precision in the first {number(precise.k)}"
        text += f"; it {_loss(precise, where, 100, 1)}"
    return f"{text}."


def _loss(difference: Metric, of: str, times: int, places: int) -> str:
    """Say what is given up or gained, or that it cannot be told, and how much at most."""
    assert difference.low is not None
    assert difference.high is not None
    value, low, high = (
        decimal(times * abs(x), places) for x in (difference.value, difference.low, difference.high)
    )
    unit = " points " if times == 100 else " of " if of == "AUC" else " "
    if difference.high < 0:
        return f"gives up {value}{unit}{of} (95% interval {high} to {low})"
    if difference.low > 0:
        return f"gains {value}{unit}{of} (95% interval {low} to {high})"
    return (
        f"is not shown to give up anything: it may lose up to {low} or gain up to {high}{unit}{of} "
        "(95% interval)"
    )


def _how(reading: Reading, found: _Compared) -> str:
    area = found.own["auc", found.kinds[0]]
    learned = found.own["size", found.kinds[0]].n
    splits = reading.content.interpretability.splits
    return (
        f"Kinds of model side by side: how well each ranks {reading.people}, and how much of it "
        f"one would have to read. In {number(splits)} random divisions each kind was fitted on two "
        f"thirds of the {reading.people} of the training and validation dates (about "
        f"{number(learned)} rows) and measured on the other third (about {number(area.n)} rows), "
        "the same for all kinds. No row of a test date was used."
    )


def _picture(reading: Reading, found: _Compared, name: str) -> Figure:
    kinds = [kind for kind in found.kinds if (name, kind) in found.own]
    choices = []
    for kind in kinds:
        m = found.own[name, kind]
        assert m.low is not None
        assert m.high is not None
        size = max(1.0, found.own["size", kind].value)
        choices.append(Choice(_SHORT[kind], size, m.value, m.low, m.high))
    share = name in _SHARES
    k = found.own[name, kinds[0]].k
    title = f"precision in the first {number(k)}" if share and k else "AUC"
    said = [f"{NAMES[kind]}: {found.to_read(kind)}" for kind in kinds]
    caption = (
        f"Further up ranks better, further left is less to read. {listed(said)}. Lines are 95% "
        "intervals, each kind's own: whether two kinds differ is in the table. The upright axis "
        "does not start at 0. Marks that would lie on each other stand side by side."
    )
    label = f"{title} of {listed([c.name for c in choices])} over the number of things to read"
    return Figure(
        key=f"tradeoff-{name}", title=title[0].upper() + title[1:], caption=caption,
        svg=tradeoff(label, choices, title, share),
    )  # fmt: skip


def _table(reading: Reading, found: _Compared) -> Table:
    ks = [m.k for (name, _), m in found.own.items() if name == "precision" and m.k]
    body = []
    for kind in found.kinds:
        cells = [Cell(NAMES[kind], _settings(reading, kind)), Cell(found.to_read(kind))]
        cells += [figure(found.own.get(("auc", kind)), 3), _difference(found, "auc", kind)]
        if ks:
            cells += [figure(found.own.get(("precision", kind)))]
            cells += [_difference(found, "precision", kind)]
        body.append((*cells, _brier(found, kind, 4 if reading.content.exempt else 3)))
    less = f"less that of {found.first}"
    columns = [
        Column("Kind", number=False), Column("To read"), Column("AUC"), Column(f"AUC {less}"),
    ]  # fmt: skip
    if ks:
        columns += [
            Column(f"Precision in the first {number(ks[0])}"), Column(f"Points {less}"),
        ]  # fmt: skip
    columns.append(Column("Brier score"))
    said = (
        "“lower” and “higher”: the 95% interval of the difference on the same people leaves out 0. "
        "“not told apart”: it does not.",
        "To read: leaves of a tree, of all trees together where they are added up; coefficients "
        "that are not 0; items of a card. Means over the divisions.",
        "CART is scikit-learn's, with the penalty a leaf, depth and smallest leaf of the tree.",
    )
    return Table(
        key="interpretability", caption="How good, and how much to read",
        columns=tuple(columns), rows=tuple(body), notes=(*said, *notes(tuple(body))),
    )  # fmt: skip


def _settings(reading: Reading, kind: str) -> str:
    """Say whose settings it has: the headline model's, or the first of the kind."""
    wanted, declared = "tree" if kind == "cart" else kind, reading.content.models
    names = (name for name in reading.models() if name in declared)
    model = next((name for name in names if declared[name].kind == wanted), None)
    return f"settings of “{spaced(model)}”" if model else "usual settings"


def _difference(found: _Compared, name: str, kind: str) -> Cell:
    if kind == found.kinds[0]:
        return Cell("—", muted=True)
    m = found.apart.get((name, kind))
    if m is None or m.low is None or m.high is None:
        return missing()
    times, places = (100, 1) if name in _SHARES else (1, 3)
    value, low, high = (f"{times * x:+.{places}f}" for x in (m.value, m.low, m.high))
    words = "lower" if m.high < 0 else "higher" if m.low > 0 else "not told apart"
    return Cell(value, f"({low} to {high}) {words}")


def _brier(found: _Compared, kind: str, places: int) -> Cell:
    if kind == "count_rank":
        return Cell("no probabilities", muted=True)
    return figure(found.own.get(("brier", kind)), places)


def _about(value: float) -> str:
    """Write a mean number of things: with a decimal below 10, where it is no whole number."""
    if value < 10 and value != round(value):
        return f"{value:.1f}"
    return number(round(value))
