"""Name of a constraint -> the rule. A new one is one file and one line here."""

from __future__ import annotations

from commonweal.linkage.constraints.ages_agree import AgesAgree
from commonweal.linkage.constraints.birth_dates_agree import BirthDatesAgree
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.constraints.rule import Constraint
from commonweal.linkage.constraints.terminal_event import TerminalEvent
from commonweal.linkage.spec import LinkageSpec


def constraints(spec: LinkageSpec) -> tuple[Constraint, ...]:
    """Return the rules a linkage keeps, in the order in which they are counted."""
    excuse = spec.contradictions == "quarantine"
    every: dict[str, Constraint] = {
        "one_trusted_id": OneTrustedId(),
        "terminal_event": TerminalEvent(),
        "ages_agree": AgesAgree(spec.ages_within, excuse),
        "birth_dates_agree": BirthDatesAgree(spec.edits, excuse),
    }
    return tuple(every[name] for name in every if name in spec.constraints)
