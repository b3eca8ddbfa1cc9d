"""The stages that build feature blocks.

Blocks are stages of their own: leaving one out recomputes nothing, adding one computes that one,
and a changed source or filter remakes only the blocks that read it. Those that have to be made
are made together, so that what several of them need is read and counted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from commonweal.core.parallel import once
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table
from commonweal.features.cells import Cells, exact, write_cells
from commonweal.features.columns import Block
from commonweal.features.kernels import present
from commonweal.features.needs import sources_of
from commonweal.features.past import Past
from commonweal.features.registry import build_block
from commonweal.features.rows import Rows
from commonweal.features.spec import BlockSpec
from commonweal.study.matrix import CELLS, DESCRIBED
from commonweal.study.stages import Records, Workshop, code_below, declared, filters, history, some


@dataclass(frozen=True, slots=True)
class _Order:
    """One block to be made, or found made already."""

    name: str
    spec: BlockSpec
    parents: Mapping[str, Artefact]
    settings: object

    @property
    def stage(self) -> str:
        return f"features/{self.name}"


Chosen = Mapping[tuple[str, str], tuple[str, ...]]
"""(block, column) -> codes chosen before."""


def blocks_code() -> str:
    """Return the fingerprint of the code that makes blocks and writes their files."""
    return code_below("features", "study/features.py", "study/matrix.py")


def features(
    shop: Workshop, made: Records, people: Artefact, chosen: Chosen | None = None
) -> dict[str, Artefact]:
    """Build every feature block: ``cells.arrow`` and ``features.json``.

    Parameters
    ----------
    shop
        Where stages are made.
    made
        Source -> its events.
    people
        The rows: ``cohort.parquet``.
    chosen
        Codes chosen by a run, for features of other rows than its own; None to choose them.
    """
    code = blocks_code()
    orders = [_order(shop, name, spec, made, people, chosen) for name, spec in _blocks(shop)]
    missing = [o for o in orders if not shop.has(o.stage, code, o.settings, o.parents)]
    with ExitStack() as stack:
        past = once(lambda: _open(stack, shop, made, people, missing, chosen))
        return {
            order.name: shop.make(
                order.stage, code, order.settings, order.parents, partial(_write, order, past)
            )
            for order in orders
        }


def _write(order: _Order, past: Callable[[], Past], folder: Path) -> None:
    write_block(build_block(order.name, order.spec, past()), folder)


def _blocks(shop: Workshop) -> Iterable[tuple[str, BlockSpec]]:
    return shop.study.spec.features.items()


def _order(
    shop: Workshop, name: str, spec: BlockSpec, made: Records, people: Artefact,
    chosen: Chosen | None,
) -> _Order:  # fmt: skip
    names = sources_of(spec)
    training = [split.as_of for split in shop.splits if split.role == "train"]
    left_out = filters(shop, names, cohort=False)
    settings: list[object] = [spec, declared(shop, names), training, left_out]
    if chosen is not None:
        settings.append(sorted((column, codes) for (of, column), codes in chosen.items()
                               if of == name))  # fmt: skip
    return _Order(name, spec, {**some(made, names), "__cohort": people}, settings)


def _open(
    stack: ExitStack, shop: Workshop, made: Records, people: Artefact, orders: list[_Order],
    chosen: Chosen | None,
) -> Past:  # fmt: skip
    engine = stack.enter_context(shop.engine())
    names = {source for order in orders for source in sources_of(order.spec)}
    past = history(engine, shop, some(made, names), filters(shop, names, cohort=False))
    training = [split.as_of for split in shop.splits if split.role == "train"]
    rows = Rows.of(past, read_table(people.file("cohort.parquet")), training)
    specs = {order.name: order.spec for order in orders}
    return Past.of(past, rows, specs, chosen, shop.threads)


def write_block(block: Block, folder: Path) -> None:
    """Write a block's cells and what they mean, counting on the way what is there."""
    columns = len(block.features)
    found, told = np.zeros(columns, np.int64), np.zeros(columns, np.int64)

    def counted() -> Iterator[Cells]:
        for cells in block.parts():
            parts = (cells.start, cells.column, cells.value, block.layout.end)
            exact(np.array([present(*parts, found, told)]))  # wide windows add narrow ones up
            yield cells

    write_cells(counted(), block.days, folder / CELLS)
    rows = len(block.days)
    told[~np.isnan(block.layout.fill)] = rows
    for day, unseen in block.layout.unseen.items():
        told[unseen] -= int((block.days == day).sum())
    write_json(
        folder / DESCRIBED,
        {
            "features": block.features, "layout": block.layout.record(), "notes": block.notes,
            "rows": rows, "nonzero": found.tolist(), "recorded": told.tolist(),
        },
    )  # fmt: skip
