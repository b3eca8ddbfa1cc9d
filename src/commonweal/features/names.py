"""What a block's features are called, as far as its settings alone tell."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.features.spec import (
    AffiliationSpec,
    AgeSpec,
    AttributesSpec,
    BlockSpec,
    CentralitySpec,
    CountsSpec,
    GapsSpec,
    HouseholdSpec,
    NetworkRecencySpec,
    NetworkSpec,
    RecencySpec,
)

CODE = "=*"
"""Ends the name of a feature that there is one of for each code."""


def names_of(spec: BlockSpec) -> list[str]:
    """Return the names of a block's features; one a code of a column ends its part in `CODE`."""
    match spec:
        case CountsSpec():
            series = [*_series(spec.groups, spec.total), *(f"{c}{CODE}" for c in spec.by)]
            return [f"{spec.event}.{s}.count.{end}" for s in series for end in _ends(spec)]
        case RecencySpec():
            series = _series(spec.groups, spec.total)
            return [f"{spec.event}.{s}.days_since_{e}" for s in series for e in ("first", "last")]
        case GapsSpec():
            series = _series(spec.groups, spec.total)
            return [f"{spec.event}.{s}.gap.{e}" for s in series for e in spec.summaries]
        case AttributesSpec():
            ends = ["missing"] * spec.missing
            for summary in spec.summaries:
                ends += [summary, f"{summary}{CODE}"]
            return [f"{spec.sources[0]}.{column}.{end}" for column in spec.columns for end in ends]
        case AffiliationSpec():
            return [f"{spec.event}.{spec.column}.{end}" for end in spec.summaries]
        case AgeSpec():
            ages = ["age"] * bool(spec.birth_date) + ["approximate_age"] * bool(spec.age)
            return [name for age in ages for name in (age, f"{age}.missing")]
        case CentralitySpec():
            return _places(spec)
        case HouseholdSpec():
            return ["household.people", *_others("household", spec)]
        case NetworkSpec():
            stems = [f"network{hop}" for hop in range(1, spec.hops + 1)]
            return [name for stem in stems for name in _others(stem, spec)]
        case NetworkRecencySpec():
            return [
                f"network{hop}.{one}.days_since_last"
                for hop in range(1, spec.hops + 1)
                for one in _pairs(spec.count, spec.total)
            ]


def _series(groups: tuple[str, ...], total: bool) -> list[str]:
    return [*["all"] * total, *groups]


def _pairs(count: Mapping[str, tuple[str, ...]], total: bool) -> list[str]:
    return [f"{source}.{s}" for source in sorted(count) for s in _series(count[source], total)]


def _ends(spec: CountsSpec | NetworkSpec | HouseholdSpec) -> list[str]:
    return [window.slug for window in spec.windows] + ["ever"] * spec.ever


def _others(stem: str, spec: NetworkSpec | HouseholdSpec) -> list[str]:
    return [
        f"{stem}.{one}.{unit}.{end}"
        for one in _pairs(spec.count, spec.total)
        for unit in spec.units
        for end in _ends(spec)
    ]


def _places(spec: CentralitySpec) -> list[str]:
    names: list[str] = []
    for measure in spec.measures:
        match measure:
            case "degree" | "eigenvector" | "absent":
                names.append(f"network.{measure}")
            case "degree_by_edge":
                names += [f"network.degree.{edge}" for edge in spec.edges]
            case "second":
                names.append("network2.people")
            case "neighbours":
                of = [m for m in ("degree", "eigenvector") if m in spec.measures]
                names += [f"network{hop}.max_{one}" for hop in (1, 2) for one in of]
    return names
