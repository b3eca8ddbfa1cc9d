"""Whether the attributes to be crossed are protected attributes of the study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commonweal.core.errors import Problem
from commonweal.study.parts import Parts, known, once


def check_crossings(parts: Parts, crossings: Sequence[Sequence[str]]) -> Iterator[Problem]:
    """Check the lists of protected attributes whose groups are crossed."""
    for number, names in enumerate(crossings, start=1):
        where = parts.at(f"evaluation.crossings[{number}]")
        if len(names) < 2:
            mend = "name two protected attributes or more, or drop it"
            yield Problem(where, f"names {len(names)} of them", mend)
        yield from once(names, where)
        if "protected" in parts.study:
            for name in dict.fromkeys(names):
                yield from known(name, parts.study["protected"], where, "protected attribute")
    yield from once([tuple(sorted(names)) for names in crossings], parts.at("evaluation.crossings"))
