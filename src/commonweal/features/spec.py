"""What a study computes about the past: the ``[features.NAME]`` blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from commonweal.core.dates import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsSpec:
    """Numbers of events by group and code in nested lookback windows.

    Parameters
    ----------
    event
        Source counted.
    windows
        Lengths of the lookbacks [a - w, a), ascending.
    ever
        Whether to count all of the recorded past as well.
    groups
        Groups of the source (each a condition declared in the agency file) counted apart.
    by
        Columns whose commonest codes are counted apart; the codes are chosen on training rows.
    top
        How many codes of each column.
    total
        Whether to count all events of the source together as well.
    """

    kind: Literal["counts"]
    event: str
    windows: tuple[Period, ...]
    ever: bool = True
    groups: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    top: int = 20
    total: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecencySpec:
    """Days since the first and the most recent event; missing when there is none.

    Parameters
    ----------
    event
        Source looked at.
    groups
        Groups of the source looked at apart.
    total
        Whether to look at all events of the source together as well.
    """

    kind: Literal["recency"]
    event: str
    groups: tuple[str, ...] = ()
    total: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsSpec:
    """Lengths of time between a person's successive events; missing with fewer than two.

    Events of one day count once.

    Parameters
    ----------
    event
        Source looked at.
    groups
        Groups of the source looked at apart.
    total
        Whether to look at all events of the source together as well.
    summaries
        ``mean``, ``shortest``, ``longest`` and ``latest`` length, in days.
    """

    kind: Literal["gaps"]
    event: str
    groups: tuple[str, ...] = ()
    total: bool = True
    summaries: tuple[Literal["mean", "shortest", "longest", "latest"], ...] = ("mean", "latest")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesSpec:
    """What the records say about the person, where they may disagree.

    Parameters
    ----------
    event
        Source that holds the columns, or several.
    columns
        Columns summarized. A text is encoded; a number stays a number.
    summaries
        ``latest`` (most recent value), ``mode`` (commonest value, the latest among equals),
        ``distinct`` (number of different values).
    top
        How many values of a text column are told apart, the commonest on training rows.
    encode
        ``indicators``: a column for each value of a text; ``category``: one column that holds
        the place of the value among them, missing for other values.
    missing
        Whether to add an indicator of having no value.
    """

    kind: Literal["attributes"]
    event: str | tuple[str, ...]
    columns: tuple[str, ...]
    summaries: tuple[Literal["latest", "mode", "distinct"], ...] = ("latest", "distinct")
    top: int = 20
    encode: Literal["indicators", "category"] = "indicators"
    missing: bool = True

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources, as a tuple."""
        return (self.event,) if isinstance(self.event, str) else self.event


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationSpec:
    """What a person was recorded as belonging to, such as a gang (paper C, A.3.2).

    Parameters
    ----------
    event
        Source that holds the column.
    column
        Column with the affiliation; a person without one has none.
    summaries
        ``ever`` (whether there is any), ``distinct`` (number of different ones) and ``latest``
        (the most recent, as a category).
    top
        How many affiliations ``latest`` tells apart, the commonest on training rows.
    """

    kind: Literal["affiliation"]
    event: str
    column: str
    summaries: tuple[Literal["ever", "distinct", "latest"], ...] = ("ever", "distinct", "latest")
    top: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeSpec:
    """A person's age at the as-of date, in completed years, exact and approximate.

    Parameters
    ----------
    event
        Sources that hold the columns.
    birth_date
        Column with the date of birth; the commonest one of a person counts. With it come the
        age and an indicator that no date of birth is recorded.
    age
        Column with the age put down at an event; the commonest year of birth it implies counts.
        With it come the approximate age and an indicator that there is none.
    """

    kind: Literal["age"]
    event: tuple[str, ...]
    birth_date: str | None = None
    age: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources."""
        return self.event

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns named."""
        return tuple(column for column in (self.birth_date, self.age) if column)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """Events of the people one was involved with.

    Parameters
    ----------
    edges
        ``"arrest"`` links the people of one arrest incident; ``"arrest-victimization"`` links
        those arrested with those victimized in one incident.
    built_from
        Lookback from which incidents make links.
    count
        Source -> groups whose events of neighbours are counted.
    windows
        Lengths of the lookbacks, ascending.
    ever
        Whether to count all of the recorded past as well.
    total
        Whether to count all events of each source together as well.
    units
        ``incidents``: distinct incidents that involve any neighbour; ``people``: neighbours
        involved.
    hops
        Neighbours up to this distance, each distance apart; 2 means distance exactly 2.
    largest_incident
        Incidents that name more people make no links (a placeholder among the ids, a mass arrest);
        None for no limit.
    """

    kind: Literal["network"]
    edges: tuple[str, ...]
    built_from: Period
    count: Mapping[str, tuple[str, ...]]
    windows: tuple[Period, ...]
    ever: bool = False
    total: bool = True
    units: tuple[Literal["incidents", "people"], ...] = ("incidents", "people")
    hops: Literal[1, 2] = 1
    largest_incident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecencySpec:
    """Days since the most recent event of any neighbour; missing when there is none.

    Parameters
    ----------
    edges, built_from, hops, largest_incident
        As for ``network``.
    count
        Source -> groups looked at.
    total
        Whether to look at all events of each source together as well.
    """

    kind: Literal["network_recency"]
    edges: tuple[str, ...]
    built_from: Period
    count: Mapping[str, tuple[str, ...]]
    total: bool = True
    hops: Literal[1, 2] = 1
    largest_incident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralitySpec:
    """A person's place in the network (paper C, A.3.4).

    Parameters
    ----------
    edges, built_from, largest_incident
        As for ``network``.
    measures
        ``degree``: people linked to; ``degree_by_edge``: the same for each kind of edge;
        ``second``: people at distance exactly 2; ``eigenvector``: eigenvector centrality within
        the largest connected part, 0 outside it; ``neighbours``: the greatest degree and
        eigenvector centrality (those that are among the measures) of the people at distance 1
        and at distance 2; ``absent``: whether the person is linked to nobody.
    """

    kind: Literal["centrality"]
    edges: tuple[str, ...]
    built_from: Period
    measures: tuple[
        Literal["degree", "degree_by_edge", "second", "eigenvector", "neighbours", "absent"], ...
    ] = ("degree",)
    largest_incident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdSpec:
    """Events of the people who share a household, a family or an address (paper B's siblings).

    Two people share one at an as-of date when the most recent value recorded for each by then
    is the same.

    Parameters
    ----------
    event
        Source that holds the column.
    column
        Column that names the household.
    count
        Source -> groups whose events of the other members are counted.
    windows, ever, total, units
        As for ``network``.
    """

    kind: Literal["household"]
    event: str
    column: str
    count: Mapping[str, tuple[str, ...]]
    windows: tuple[Period, ...]
    ever: bool = False
    total: bool = True
    units: tuple[Literal["incidents", "people"], ...] = ("incidents", "people")


BlockSpec = (
    CountsSpec
    | RecencySpec
    | GapsSpec
    | AttributesSpec
    | AffiliationSpec
    | AgeSpec
    | NetworkSpec
    | NetworkRecencySpec
    | CentralitySpec
    | HouseholdSpec
)
