"""A random table as the examinations see it, without a run around it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from commonweal.evaluation.groups import Grouping
from commonweal.evaluation.overall import Subject, bins_from
from commonweal.evaluation.spec import EvaluationSpec
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.examine.examined import Examined
from commonweal.study.tested import Shown, Tested
from oversight.attacker import DAY, HEADLINE, WANTED, World


def examined(rule: Disclosure, one: World, draws: int = 20, k: int = 50) -> Examined:
    """Choose what is published as the evaluation stage does."""
    shown: dict[str, Shown] = {}
    for model in one.scores:
        ranking = one.ranking(model)
        cutoffs = rule.cutoffs(ranking, None, WANTED, rankings=list(shown.values()))
        shown[model] = (ranking, cutoffs)
    pooled: dict[str, np.ndarray[tuple[int], np.dtype[np.str_]]] = {}
    for name, groups in one.groups.items():
        found = rule.pooled(groups.tolist(), one.labels, list(pooled.values()))
        if set(found) != {"all"}:
            pooled[name] = found
    ranking, cutoffs = shown[HEADLINE]
    groupings = []
    for name, groups in pooled.items():
        others = [g[ranking.order] for other, g in pooled.items() if other != name]
        ranked = groups[ranking.order]
        ks = rule.cutoffs(ranking, ranked, WANTED, cutoffs, others)
        groupings.append(Grouping(name, ranked, ks, bins_from(ks, one.n, 5)))
    evaluation = EvaluationSpec(headline=HEADLINE, draws=draws)
    spec = SimpleNamespace(
        evaluation=evaluation, capacity=SimpleNamespace(k=k), study=SimpleNamespace(seed=1)
    )
    shop: Any = SimpleNamespace(study=SimpleNamespace(spec=spec, disclosure=rule), threads=1)
    people = pa.table({"entity_id": [f"p{i}" for i in range(one.n)]})
    test = Tested(DAY, np.arange(one.n), people, one.labels, one.ties, one.everyone)
    subjects = {
        name: Subject(name, DAY, name not in ("count", "flag", "noisy"), one.everyone)
        for name in one.scores
    }
    return Examined(shop, test, one.scores, shown, subjects, pooled, tuple(groupings), {})
