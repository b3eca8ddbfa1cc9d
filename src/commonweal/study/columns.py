"""Whether the columns models name are there, said before any of them is fitted."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from commonweal.core.errors import Problem, StudyError
from commonweal.core.store import Artefact
from commonweal.models.columns import columns_seen, matching, unmatched
from commonweal.models.spec import BaseRateSpec, Learned, ModelSpec, ScorecardSpec, blocks_seen
from commonweal.study.matrix import columns_of
from commonweal.study.spec import Study
from commonweal.study.variants import variants

_NEAR = 3


def check_columns(study: Study, blocks: Mapping[str, Artefact]) -> None:
    """Refuse models that name a column there is not, or that would see none.

    Raises
    ------
    StudyError
        Naming every such pattern of every model, and the names near it.
    """
    file, headline = study.path.name, study.spec.evaluation.headline
    named = {f"{file}: models.{name}": spec for name, spec in study.spec.models.items()}
    if set(blocks) == set(study.spec.features):
        for one in variants(study, study.spec.models[headline]):
            section = "variants" if one.kind == "variant" else "feature_sets"
            named |= {f"{file}: {section}.{one.name}": one.spec.models[headline]}
    wrong = [p for where, spec in named.items() for p in problems_with(spec, where, blocks)]
    if wrong:
        raise StudyError(wrong)


def problems_with(spec: ModelSpec, where: str, blocks: Mapping[str, Artefact]) -> Iterator[Problem]:
    """Yield what is wrong with the columns one model names."""
    if isinstance(spec, BaseRateSpec):
        return
    names = columns_of({name: blocks[name] for name in blocks_seen(spec, tuple(blocks))})
    sound = True
    patterns = [(s, getattr(spec, s)) for s in ("columns", "without_columns")]
    if isinstance(spec, Learned) and spec.missing is not None:
        patterns.append(("missing.columns", spec.missing.columns))
    for setting, wanted in patterns:
        for pattern in unmatched(wanted, names):
            sound = False
            what = "no feature that the model sees is called"
            yield _unknown(pattern, f"{where}.{setting}", what, names)
    if isinstance(spec, ScorecardSpec):
        yield from _signed(spec, where, columns_of(blocks))
    if sound and not columns_seen(spec, names):
        yield Problem(f"{where}.without_columns", "leaves no feature", "take one out of the list")


def _signed(spec: ScorecardSpec, where: str, names: tuple[str, ...]) -> Iterator[Problem]:
    """Yield what is wrong with the columns a card's points are held to a sign of.

    A version of the study may see fewer: the names are those of all its blocks.
    """
    for setting in ("positive", "negative"):
        for pattern in unmatched(getattr(spec, setting), names):
            yield _unknown(pattern, f"{where}.{setting}", "no feature is called", names)
    both = sorted(matching(spec.positive, names) & matching(spec.negative, names))
    if both:
        what = f"names {both[0]}, which `positive` names too"
        yield Problem(f"{where}.negative", what, "take it out of one")


def _unknown(pattern: str, where: str, what: str, names: tuple[str, ...]) -> Problem:
    near = difflib.get_close_matches(pattern, names, n=_NEAR)
    mend = f"did you mean {' or '.join(near)}?" if near else "dictionary.csv lists them all"
    return Problem(where, f"{what} {pattern!r}", mend)
