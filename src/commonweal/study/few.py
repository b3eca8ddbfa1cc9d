"""Models that see a few features only, as variants of a study (paper C, B.3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from commonweal.core.store import Artefact
from commonweal.study.chain import Chain
from commonweal.study.selection import limited, selected, selection
from commonweal.study.stages import Workshop
from commonweal.study.variants import Variant, names


@dataclass(frozen=True, slots=True)
class Few:
    """Which features were chosen, and the models to be fitted on them.

    Parameters
    ----------
    stages
        The selections: that of the headline model first, then one a feature set.
    variants
        The models, as variants.
    """

    stages: tuple[Artefact, ...] = ()
    variants: tuple[Variant, ...] = ()


def few(shop: Workshop, main: Chain, sets: Sequence[tuple[Variant, Chain]]) -> Few:
    """Choose features on the training rows, and name the models that see only these.

    Parameters
    ----------
    shop
        Where stages are made; its study is as its files declare it.
    main
        The study as declared.
    sets
        Its feature sets; those that ``[selection]`` names are given the same treatment, with the
        most features asked for (paper C, Table B.10).
    """
    spec, headline = shop.study.spec.selection, shop.study.spec.evaluation.headline
    if spec is None:
        return Few()
    model = main.search.elsewhere()[headline]
    stages = [selection(main.shop, main.people, main.labelled, main.blocks, model)]
    alone = replace(shop.study.spec, models={headline: model}, feature_sets={}, variants={})
    base = Variant("declared", "few features", replace(shop.study, spec=alone))
    found = list(_limited(base, "", stages[0], spec.sizes, shop))
    asked = {name for one in spec.sets for name in names(one, shop.study.spec.feature_sets[one])}
    for variant, made in sets:
        if variant.kind == "feature set" and variant.name in asked:
            seen = made.search.elsewhere()[headline]
            study = replace(variant.study, spec=replace(variant.spec, models={headline: seen}))
            stages.append(selection(made.shop, made.people, made.labelled, made.blocks, seen))
            most = (max(spec.sizes),)
            found += _limited(
                replace(variant, study=study), f"{variant.name}_", stages[-1], most, shop
            )
    return Few(tuple(stages), tuple(found))


def _limited(
    of: Variant, prefix: str, chosen: Artefact, sizes: Sequence[int], shop: Workshop
) -> Iterator[Variant]:
    """Name the variants of a version in which the model sees only the first so many features."""
    spec, headline = shop.study.spec.selection, shop.study.spec.evaluation.headline
    assert spec is not None
    columns = [step.column for step in selected(chosen).steps]
    kinds = spec.kinds if not prefix else spec.kinds[:1]
    for name, model in limited(of.spec.models[headline], columns, sizes, kinds).items():
        study = replace(of.study, spec=replace(of.spec, models={headline: model}))
        yield Variant(f"{prefix}{name}", "few features", study)
