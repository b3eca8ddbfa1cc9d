"""One study's stages from prepared records to fitted models."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from commonweal.core.errors import CommonwealError, StudyError, problem
from commonweal.core.store import Artefact
from commonweal.models.spec import CountRankSpec
from commonweal.study import stages
from commonweal.study.columns import check_columns
from commonweal.study.features import features
from commonweal.study.matrix import matrix, seen_matrix
from commonweal.study.models import models
from commonweal.study.prepared import prepare
from commonweal.study.spec import Study
from commonweal.study.stages import Records, Workshop
from commonweal.study.tuning import Tuned, tuned
from commonweal.study.variants import Variant


@dataclass(frozen=True, slots=True)
class Chain:
    """What was made of the records of one study.

    Parameters
    ----------
    shop
        Where it was made; its study is the one it was made for.
    made
        Source -> its events.
    people, labelled, grouped
        The cohort, its labels and its protected attributes.
    blocks, fitted
        Feature blocks and models, by name.
    search
        How the models' settings were found, where they were searched for.
    """

    shop: Workshop
    made: Records
    people: Artefact
    labelled: Artefact
    grouped: Artefact
    blocks: Mapping[str, Artefact]
    fitted: Mapping[str, Artefact]
    search: Tuned

    def stages(self) -> tuple[Artefact, ...]:
        """Return the artefacts, in the order they were made."""
        drawn = (self.people, self.labelled, self.grouped)
        return (*drawn, *self.blocks.values(), *self.search.stages, *self.fitted.values())


def chain(shop: Workshop, made: Records) -> Chain:
    """Draw, label, describe, tune and fit: everything up to the fitted models.

    Settings are searched for where models ask for it and they have not been found already.
    """
    people = stages.cohort(shop, made)
    if not shop.prefix:
        stages.check_capacity(shop, people)
    labelled = stages.labels(shop, made, people)
    grouped = stages.groups(shop, made, people)
    blocks = features(shop, made, people)
    _check_ranks(shop.study, blocks)
    found = tuned(shop, people, labelled, blocks, shop.study.spec.models)
    fitted = models(shop, people, labelled, blocks, found.specs)
    return Chain(shop, made, people, labelled, grouped, blocks, fitted, found)


def _check_ranks(study: Study, blocks: Mapping[str, Artefact]) -> None:
    """Refuse a model that ranks by a feature there is not, or one that it does not see."""
    matrix(blocks)  # no feature may stand in two of them
    check_columns(study, blocks)
    for name, spec in study.spec.models.items():
        if not isinstance(spec, CountRankSpec):
            continue
        names = seen_matrix(spec, blocks).names
        if spec.feature not in names:
            near = difflib.get_close_matches(spec.feature, sorted(names), n=1)
            mend = f"did you mean {near[0]}?" if near else "name a column of a feature block"
            where = f"{study.path.name}: models.{name}.feature"
            raise problem(StudyError, where, f"there is no feature {spec.feature!r}", mend)


def chains(
    shop: Workshop, digests: Mapping[str, str], found: Sequence[Variant], shared: frozenset[str]
) -> list[tuple[Variant, Chain]]:
    """Make every variant's stages; those that are as declared are not made again.

    Parameters
    ----------
    shop
        Where stages are made.
    digests
        Hashes of the inputs.
    found
        The variants.
    shared
        Keys of the stages of the study as declared.

    Raises
    ------
    CommonwealError
        Where a variant cannot be made, naming it.
    """
    return [(variant, _varied(shop, digests, variant, shared)) for variant in found]


def _varied(
    shop: Workshop, digests: Mapping[str, str], variant: Variant, shared: frozenset[str]
) -> Chain:
    own = replace(shop, study=variant.study, prefix=f"variants/{variant.name}", shared=shared)
    try:
        ready = prepare(own, stages.records(own, digests), digests)
        return chain(ready.shop, ready.made)
    except CommonwealError as error:
        named = [replace(p, where=f"variant {variant.name}: {p.where}") for p in error.problems]
        raise type(error)(named) from error
