"""The verifier: every person's records held against every rule, by the rules' words alone.

It shares no code with clustering: no state kept a cluster, no order of merges, only each
person's records compared with each other. It is slow, and it is meant to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.linkage.cells import Ints, Mask
from commonweal.linkage.constraints.rule import Constraint, Members


@dataclass(frozen=True, slots=True)
class Violation:
    """A person whose records break a rule.

    Parameters
    ----------
    entity
        The person.
    rule
        Name of the rule.
    records
        Places of the person's records.
    """

    entity: int
    rule: str
    records: tuple[int, ...]


def violations(
    entity: Ints, members: Members, rules: Sequence[Constraint], quarantined: Mask
) -> tuple[Violation, ...]:
    """Return everybody outside quarantine whose records break a rule.

    Parameters
    ----------
    entity
        Person of each record.
    members
        The records.
    rules
        The rules.
    quarantined
        Records set aside: they are not looked at, their people's other records are.
    """
    order = np.argsort(entity, kind="stable")
    starts = np.flatnonzero(np.diff(entity[order], prepend=-1))
    ends = np.append(starts[1:], len(order))
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        rows = order[start:end]
        rows = rows[~quarantined[rows]]
        if len(rows) < 2:
            continue
        mine = members.some(rows)
        found += [
            Violation(int(entity[rows[0]]), rule.name, tuple(rows.tolist()))
            for rule in rules if rule.broken(mine)
        ]  # fmt: skip
    return tuple(found)
