"""Whether models' settings are sound, and whether the blocks and features they name are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from commonweal.core.errors import Problem, nearest
from commonweal.evaluation.spec import ORACLE
from commonweal.features.names import CODE, names_of
from commonweal.features.spec import BlockSpec
from commonweal.models.spec import (
    BaseRateSpec,
    CountRankSpec,
    ModelSpec,
    blocks_seen,
)
from commonweal.study.parts import Parts, known, once, usable
from commonweal.study.setting_checks import check_settings


def check_models(parts: Parts) -> Iterator[Problem]:
    """Check every model's settings, and that the blocks and the feature it names are there."""
    models = parts.study.get("models")
    if models is None:
        return
    if not models:
        yield Problem(parts.at("models"), "is empty", "add a [models.NAME] section")
    for name, spec in models.items():
        where = parts.at(f"models.{name}")
        yield from usable(name, where)
        if name == ORACLE:
            yield Problem(where, "is a name commonweal uses itself", "rename it")
        yield from check_settings(where, spec)
        blocks = parts.study.get("features")
        if not blocks:
            continue
        wrong = list(_seen(where, spec, blocks))
        yield from wrong
        if isinstance(spec, CountRankSpec) and parts.sources and not wrong:
            yield from _ranked_by(where, spec, blocks)


def _seen(where: str, spec: ModelSpec, blocks: Mapping[str, BlockSpec]) -> Iterator[Problem]:
    """Check which blocks a model sees."""
    if isinstance(spec, BaseRateSpec):
        return
    for setting in ("columns", "without_columns"):
        yield from once(getattr(spec, setting), f"{where}.{setting}")
    if spec.blocks and spec.without:
        yield Problem(f"{where}.without", "stands beside blocks", "name one of the two")
        return
    setting = "blocks" if spec.blocks else "without"
    named = spec.blocks or spec.without
    yield from once(named, f"{where}.{setting}")
    for block in dict.fromkeys(named):
        yield from known(block, blocks, f"{where}.{setting}", "feature block")
    if not blocks_seen(spec, blocks) and not spec.blocks:
        yield Problem(f"{where}.without", "leaves no feature block", "take one out of the list")


def _ranked_by(
    where: str, spec: CountRankSpec, blocks: Mapping[str, BlockSpec]
) -> Iterator[Problem]:
    """Check that what a model ranks by is a feature, and of a block that it sees."""
    seen = blocks_seen(spec, blocks)
    if _is_among(spec.feature, (n for block in seen for n in names_of(blocks[block]))):
        return
    for block, declared in blocks.items():
        if _is_among(spec.feature, names_of(declared)):
            what = f"{spec.feature!r} is a feature of {block}, which this model does not see"
            yield Problem(f"{where}.feature", what, f"let it see {block}")
            return
    sure = [n for block in seen for n in names_of(blocks[block]) if CODE not in n]
    near = nearest(spec.feature, sure)
    mend = f"did you mean {near}?" if near else "name a column of a feature block"
    yield Problem(f"{where}.feature", f"there is no feature {spec.feature!r}", mend)


def _is_among(feature: str, names: Iterable[str]) -> bool:
    """Whether a feature is named, or may be one of those there is for each code."""
    for name in names:
        start, star, end = name.partition(CODE)
        if name == feature or (star and feature.startswith(f"{start}=") and feature.endswith(end)):
            return True
    return False
