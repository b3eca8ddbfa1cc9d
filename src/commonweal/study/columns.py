"""Whether the columns models name are there, said before any of them is fitted."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from commonweal.core.errors import Problem, StudyError
from commonweal.core.store import Artefact
from commonweal.models.columns import columns_seen, unmatched
from commonweal.models.spec import BaseRateSpec, ModelSpec, blocks_seen
from commonweal.study.matrix import columns_of
from commonweal.study.spec import Study

_NEAR = 3


def check_columns(study: Study, blocks: Mapping[str, Artefact]) -> None:
    """Refuse models that name a column there is not, or that would see none.

    Raises
    ------
    StudyError
        Naming every such pattern of every model, and the names near it.
    """
    wrong = [
        problem
        for name, spec in study.spec.models.items()
        for problem in problems_with(spec, f"{study.path.name}: models.{name}", blocks)
    ]
    if wrong:
        raise StudyError(wrong)


def problems_with(spec: ModelSpec, where: str, blocks: Mapping[str, Artefact]) -> Iterator[Problem]:
    """Yield what is wrong with the columns one model names."""
    if isinstance(spec, BaseRateSpec) or not (spec.columns or spec.without_columns):
        return
    names = columns_of({name: blocks[name] for name in blocks_seen(spec, tuple(blocks))})
    sound = True
    for setting in ("columns", "without_columns"):
        for pattern in unmatched(getattr(spec, setting), names):
            sound = False
            near = difflib.get_close_matches(pattern, names, n=_NEAR)
            mend = f"did you mean {' or '.join(near)}?" if near else "dictionary.csv lists them all"
            what = f"no feature that the model sees is called {pattern!r}"
            yield Problem(f"{where}.{setting}", what, mend)
    if sound and not columns_seen(spec, names):
        yield Problem(f"{where}.without_columns", "leaves no feature", "take one out of the list")
