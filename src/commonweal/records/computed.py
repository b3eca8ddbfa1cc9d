"""Sources as later stages see them: with columns and events that are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from commonweal.records.derived_spec import DAYS, IMPUTED, DerivedSpec
from commonweal.records.repeat_spec import SUPERSEDED, RepeatSpec
from commonweal.records.spec import Column, Source


def seen_sources(
    sources: Mapping[str, Source], repeats: RepeatSpec | None, derived: Mapping[str, DerivedSpec]
) -> dict[str, Source]:
    """Return the declared sources, the orders with ``superseded``, and the derived sources.

    What cannot be made because it is declared wrongly is left out: the checks say so.
    """
    seen = dict(sources)
    if repeats is not None and repeats.orders in sources:
        orders = sources[repeats.orders]
        column = Column(type="boolean", decided_on=f"{SUPERSEDED}_on")
        seen[repeats.orders] = replace(orders, columns={**orders.columns, SUPERSEDED: column})
    for name, spec in derived.items():
        if spec.of in sources and name not in sources:
            seen[name] = derived_source(spec, sources[spec.of])
    return seen


def derived_source(spec: DerivedSpec, of: Source) -> Source:
    """Return the declaration of a derived source, as if its events stood in a table."""
    columns = {DAYS: Column(type="integer"), IMPUTED: Column(type="boolean")}
    return Source(
        table=of.table, entity=of.entity, record=of.record, role=of.role, columns=columns,
        occurred_on="occurred_on", known_on="known_on", covers_from=of.covers_from,
    )  # fmt: skip
