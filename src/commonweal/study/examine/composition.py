"""Who had the outcome and is not in the cohort: whom no prediction from these records can name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.results import Finding, Metric, Severity
from commonweal.evaluation.composition import Part, covered
from commonweal.evaluation.people import crossed
from commonweal.evaluation.proportions import wilson
from commonweal.oversight.attributes import UNKNOWN
from commonweal.study.evaluated import Evaluated
from commonweal.study.everyone import outside
from commonweal.study.examine.crossings import shown_crossings
from commonweal.study.examine.examined import Examined

CODE = "oversight.everyone"
_MANY_UNKNOWN = 0.25
Words = NDArray[np.str_]


def composition(seen: Examined) -> Evaluated:
    """Measure the shares of everybody with the outcome, as far as they may be shown."""
    if "everyone" not in seen.extras or not seen.test.everyone:
        return Evaluated()
    people = _Outside.of(seen)
    if not people.showable(seen):
        message = (
            "Those with the outcome outside the cohort are not shown by group: they are too few, "
            "or differ from those behind total recall by 1 to 10."
        )
        return Evaluated((), (_finding("", message),))
    metrics, findings = [_overall(seen)], list[Finding]()
    shown: list[Words] = []
    for attribute, groups in seen.pooled.items():
        theirs = people.groups[attribute]
        if not people.safe(seen, theirs, shown):
            findings.append(_finding(attribute, _HIDDEN))
            continue
        shown.append(theirs)
        parts = _parts(seen, attribute, groups, theirs)
        metrics += [_metric(seen, p, "composition", f"{attribute}={p.group}") for p in parts]
        findings.append(_recorded(attribute, theirs))
    for one in shown_crossings(seen):
        theirs = crossed({name: people.groups[name] for name in one.attributes})
        if people.safe(seen, theirs, [*people.groups.values(), *shown]):
            shown.append(theirs)
            parts = _parts(seen, "", one.groups, theirs)
            metrics += [_metric(seen, p, "crossing", p.group) for p in parts]
        else:
            findings.append(_finding(", ".join(one.attributes), _HIDDEN))
    return Evaluated(tuple(metrics), tuple(findings))


_HIDDEN = (
    "Those with the outcome outside the cohort are not shown by these groups: some hold 1 to 10 "
    "people."
)


@dataclass(frozen=True, slots=True)
class _Outside:
    """Those with the outcome who are not in the cohort, a place a person.

    Parameters
    ----------
    n
        How many.
    groups
        Attribute -> group of each, pooled like those of the cohort.
    """

    n: int
    groups: Mapping[str, Words]

    @classmethod
    def of(cls, seen: Examined) -> _Outside:
        table = outside(seen.extras["everyone"])
        table = table.filter(pc.equal(table["as_of"], pa.scalar(seen.test.as_of, pa.date32())))
        times = table["people"].to_numpy()
        groups = {
            name: np.repeat(_pooled_like(table[name].to_pylist(), held), times)
            for name, held in seen.pooled.items()
        }
        return cls(int(times.sum()), groups)

    def showable(self, seen: Examined) -> bool:
        """Return whether they may be counted at all, beside the denominator of total recall.

        Where ids differ between an as-of date and the end, one who is two people at the as-of
        date counts once for total recall and twice here.
        """
        test, rule = seen.test, seen.shop.study.disclosure
        apart = abs(test.positives + self.n - test.everyone)
        return test.outside(seen.shop) is not None and rule.safe(self.n, apart)

    def safe(self, seen: Examined, groups: Words, others: Sequence[Words]) -> bool:
        """Return whether groups of them may be shown. Those of the cohort are shown already."""
        rule = seen.shop.study.disclosure
        ones = np.ones(self.n, dtype=np.int8)
        return self.n == 0 or rule.safe_groups(groups, ones, others)


def _pooled_like(groups: Sequence[str], pooled: Words) -> Words:
    """Return each group under the name it is pooled to; one of nobody in the cohort stays."""
    names = sorted(set(pooled.tolist()))
    where = {
        group: next((n for n in (group, *names) if n in names and _in(group, n)), group)
        for group in set(groups)
    }
    return np.array([where[group] for group in groups], dtype=np.str_)


def _in(group: str, pool: str) -> bool:
    return f" or {group} or " in f" or {pool} or "


def _parts(seen: Examined, attribute: str, groups: Words, theirs: Words) -> list[Part]:
    inside = Counter(groups[seen.test.labels == 1].tolist())
    total = inside + Counter(theirs.tolist())
    return covered(attribute, inside, {name: total[name] for name in sorted(total)})


def _overall(seen: Examined) -> Metric:
    positives, everyone = seen.test.positives, seen.test.everyone
    low, high = wilson(min(positives, everyone), everyone)
    return Metric(
        metric="composition.covered", value=positives / everyone, low=low, high=high,
        n=everyone, model=seen.headline, as_of=seen.test.as_of,
    )  # fmt: skip


def _metric(seen: Examined, part: Part, kind: str, group: str) -> Metric:
    return Metric(
        metric=f"{kind}.{part.row}", value=part.value, low=part.low, high=part.high, n=part.n,
        group=group, model=seen.headline, as_of=seen.test.as_of,
    )  # fmt: skip


def _recorded(attribute: str, groups: Words) -> Finding:
    """Say of how many outside the cohort no group was recorded, where these are not pooled."""
    unknown = int((groups == UNKNOWN).sum())
    message, severity = "Everybody with the outcome can be shown by group.", Severity.PASS
    if unknown:
        share = unknown / len(groups)
        message += f" Of {share:.0%} of those outside the cohort none was recorded in time."
        severity = Severity.WARN if share > _MANY_UNKNOWN else Severity.PASS
    return Finding(code=CODE, severity=severity, message=message, where=attribute)


def _finding(where: str, message: str) -> Finding:
    return Finding(code=CODE, severity=Severity.WARN, message=message, where=where)
