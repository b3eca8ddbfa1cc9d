"""The past of a set of rows, narrowed once and tallied once for all the blocks built together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.cohorts.history import History
from commonweal.core.tables import Relation
from commonweal.features.needs import own_columns
from commonweal.features.rows import Rows
from commonweal.features.spec import BlockSpec

AT_ONCE = 2_000_000
"""Long rows brought to the driver at once."""


@dataclass(frozen=True, slots=True)
class Past:
    """What blocks are built from.

    Parameters
    ----------
    history
        The door to everybody's past.
    rows
        (person, as-of date) rows for which features are built, ordered by date.
    own
        The door to the past of the rows' people only: few columns, whole numbers for ids.
    own_rows
        The rows with those numbers: ``row``, ``entity_id``, ``as_of``.
    specs
        The blocks to be built: what several of them need is computed once.
    chosen
        (block, column) -> codes chosen before; where a block has none they are chosen on
        training rows.
    threads
        Threads that may be used; no value depends on it.
    """

    history: History
    rows: Rows
    own: History
    own_rows: Relation
    specs: Mapping[str, BlockSpec]
    chosen: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    threads: int = 1
    _kept: dict[object, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, history: History, rows: Rows, specs: Mapping[str, BlockSpec],
        chosen: Mapping[tuple[str, str], tuple[str, ...]] | None = None, threads: int = 1,
    ) -> Past:  # fmt: skip
        """Narrow a history to the rows' people.

        Parameters
        ----------
        history, rows
            Everybody's past, and the rows.
        specs
            The blocks to be built.
        chosen
            Codes chosen before, for features of new dates.
        threads
            Threads that may be used.
        """
        encoded = rows.entities.dictionary_encode()
        numbers = pa.array(np.arange(len(encoded.dictionary), dtype=np.int32))
        people = history.engine.table(
            pa.table({"entity_id": encoded.dictionary, "person": numbers})
        )
        own_rows = history.engine.table(
            pa.table({
                "row": pa.array(np.arange(rows.count, dtype=np.int32)),
                "entity_id": encoded.indices.cast(pa.int32()),
                "as_of": pa.array(rows.as_of).cast(pa.date32()),
            })
        )  # fmt: skip
        own = history.about(people, own_columns(specs.values(), history))
        return cls(history, rows, own, own_rows, specs, chosen or {}, threads)

    def once(self, key: object, make: Callable[[], Any]) -> Any:
        """Return what `make` returned the first time it was asked for under `key`."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def of_source(self, source: str) -> Relation:
        """Return each row's own past in one source."""
        return self.own.of(source, self.own_rows)

    def codes(self, block: str, sources: Sequence[str], column: str, top: int) -> list[str]:
        """Return the commonest values of a column, in text, in the past of training rows only.

        Ties are broken by the value itself, so the choice does not depend on row order.
        """
        if (block, column) in self.chosen:
            return list(self.chosen[block, column])

        def count() -> list[str]:
            rows = self.own_rows.filter(self.own_rows.as_of.isin(self.rows.training))
            parts = []
            for source in sources:
                past = self.own.of(source, rows)
                past = past.filter(past[column].notnull())
                parts.append(past.group_by(value=past[column]).agg(events=past.count()))
            found = (ibis.union(*parts) if parts[1:] else parts[0]).to_pyarrow()
            text = found["value"].cast(pa.string())
            summed = pa.table({"code": text, "n": found["events"]}).group_by("code")
            counted = summed.aggregate([("n", "sum")])
            order = pc.sort_indices(counted, [("n_sum", "descending"), ("code", "ascending")])
            return [str(code) for code in counted["code"].take(order).to_pylist()]

        ranked: list[str] = self.once(("codes", tuple(sources), column), count)
        return ranked[:top]

    def chunks(self, long_rows: int) -> list[slice]:
        """Return ranges of rows whose share of so many long rows can be held at once."""
        size = max(1, int(self.rows.count * AT_ONCE / max(long_rows, AT_ONCE)))
        return [
            slice(first, min(first + size, self.rows.count))
            for first in range(0, self.rows.count, size)
        ]


def inside(relation: Relation, rows: slice) -> pa.Table:
    """Compute the part of a relation that is about a range of rows; in no order."""
    return relation.filter((relation.row >= rows.start) & (relation.row < rows.stop)).to_pyarrow()
