"""The page of a clerical review: pairs of records side by side, and nothing about how likely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from commonweal.reports.words import spaced


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair: its source, its id, and what stands in it."""

    source: str
    record: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of records, by the number it has in the file that is answered in."""

    number: int
    one: Side
    two: Side


def render_review(
    agency: str, columns: Sequence[str], changing: Sequence[str], pairs: Sequence[Pair]
) -> str:
    """Write the page; everything in it is escaped.

    Parameters
    ----------
    agency
        Its name.
    columns
        What is shown of each record.
    changing
        Columns that differ from record to record of one person too: a difference is not marked.
    pairs
        The pairs, in their order.
    """
    environment = Environment(
        loader=PackageLoader("commonweal", "reports"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("review.html.j2")
    titles = [(column, spaced(column)) for column in columns]
    return template.render(agency=agency, columns=titles, changing=changing, pairs=pairs)
