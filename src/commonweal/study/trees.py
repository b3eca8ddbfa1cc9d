"""The stage that puts trees into words, with what may be said of the rows learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from commonweal.core.results import Metric
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table
from commonweal.evaluation.leaves import LEARNED
from commonweal.evaluation.ranking import Ints
from commonweal.models.data import Sample
from commonweal.models.spec import TreeSpec
from commonweal.models.trees.found import Found
from commonweal.models.trees.rules import Branch, LeafFigure, Words, outline
from commonweal.models.trees.tree import Tree
from commonweal.oversight.leaves import pooled_rows
from commonweal.reports.content import TreeSummary
from commonweal.study.chain import Chain
from commonweal.study.matrix import DESCRIBED, seen_matrix
from commonweal.study.models import seen, training_data
from commonweal.study.regions import read_tree, regions_in
from commonweal.study.stages import Workshop, code_below

FILE = "told.json"
_WHOLE = ("days", "incidents", "links", "people", "values")
"""Units of columns that hold whole numbers only."""


def trees(shop: Workshop, main: Chain) -> tuple[Artefact, ...]:
    """Tell the trees of a study: ``told.json``, which holds nothing that may not be shown.

    Nothing where the study has none.
    """
    models = shop.study.spec.models
    specs = {name: one for name, one in models.items() if isinstance(one, TreeSpec)}
    if not specs:
        return ()
    blocks = {name: seen(spec, main.blocks) for name, spec in specs.items()}

    def write(folder: Path) -> None:
        told: list[TreeSummary] = []
        parts: list[Ints] = []
        for name, spec in specs.items():
            found, part = _told(shop, main, name, spec, blocks[name], parts)
            told.append(found)
            parts += [] if part is None else [part]
        write_json(folder / FILE, told)

    rule, dates = shop.study.disclosure, [shop.dates("train"), shop.dates("validation")]
    settings = [specs, rule, dates, {name: list(mine) for name, mine in blocks.items()}]
    parents = {f"blocks/{n}": a for mine in blocks.values() for n, a in mine.items()}
    parents |= {f"models/{name}": main.fitted[name] for name in specs}
    parents |= {"cohort": main.people, "labels": main.labelled}
    files = ("study/trees.py", "study/regions.py", "reports/content.py")
    return (
        shop.make("trees", code_below("models", "oversight", *files), settings, parents, write),
    )


def _told(
    shop: Workshop, main: Chain, name: str, spec: TreeSpec, blocks: Mapping[str, Artefact],
    others: Sequence[Ints],
) -> tuple[TreeSummary, Ints | None]:  # fmt: skip
    """Tell one tree beside others; and to which part of it each row it was learned from belongs."""
    features = seen_matrix(spec, blocks)
    model, fills = read_tree(spec, main.fitted[name], features.names)
    filled = set() if fills is None else {features.names[i] for i in fills.typical}
    used = {model.tree.names[i] for i in model.tree.feature.tolist() if i >= 0}
    sample = training_data(shop, main.people, main.labelled, features, spec).together()
    region = regions_in(model, fills, features, sample.rows)
    learned = _learned(shop, main, model.tree, region, sample, others)
    said = TreeSummary(
        model=name, branches=outline(model.tree, words(blocks, filled)), learned=learned,
        found=found_words(model.found, exact=len(learned) == len(model.tree.leaves)),
        columns=tuple((f.name, f.meaning) for f in features.features if f.name in used),
        filled=tuple(sorted(used & filled)),
    )  # fmt: skip
    part = np.zeros(len(model.tree.leaves), np.int64)
    for at, one in enumerate(learned):
        part[list(one.leaves)] = at
    return said, part[region] if learned else None


def words(blocks: Mapping[str, Artefact], filled: set[str]) -> Words:
    """Return what columns and categories are called, and which are never missing, or whole.

    A column that is filled may hold a mean, which need not be whole.
    """
    codes: dict[str, tuple[str, ...]] = {}
    columns: dict[str, str] = {}
    complete, whole = set(filled), set[str]()
    for artefact in blocks.values():
        described: Any = artefact.json(DESCRIBED)
        known = described["notes"].get("codes", {})
        for feature in described["features"]:
            columns[feature["name"]] = feature["meaning"].rstrip(".")
            if not feature["missing"]:
                complete.add(feature["name"])
            if feature["unit"] in _WHOLE and feature["name"] not in filled:
                whole.add(feature["name"])
            if feature["unit"] == "category":
                stem = feature["name"].rpartition(".")[0]
                column = next(c for c in known if stem.endswith(f".{c}"))
                codes[feature["name"]] = tuple(known[column])
    return Words(columns, codes, frozenset(complete), frozenset(whole))


def _learned(
    shop: Workshop, main: Chain, tree: Tree, region: Ints, sample: Sample, others: Sequence[Ints]
) -> tuple[LeafFigure, ...]:
    """Count the rows learned from, leaves pooled until nobody few are counted."""
    ids = read_table(main.people.file("cohort.parquet"), ["entity_id"])["entity_id"]
    coded = pc.dictionary_encode(ids.combine_chunks()).indices.to_numpy(zero_copy_only=False)
    chances, person = tree.chance[tree.leaves].tolist(), coded[sample.rows].astype(np.int64)
    rule, labels = shop.study.disclosure, sample.labels
    parts = pooled_rows(rule, chances, region, person, labels, others)
    rows = np.bincount(region, minlength=len(chances))
    hits = np.bincount(region[labels == 1], minlength=len(chances))
    return tuple(
        LeafFigure(
            tuple(sorted(part)), int(rows[list(part)].sum()),
            float(hits[list(part)].sum() / rows[list(part)].sum()),
        )
        for part in parts
    )  # fmt: skip


def found_words(found: Found, exact: bool) -> str:
    """Say how near the best tree is, beside CART.

    Where leaves are pooled, squared errors are told relative to each other only: together with
    the pools' counts their sum could give a small leaf's away.
    """
    if exact:
        return found.words()
    mine = f"{found.leaves} leaves"
    if found.gap is not None:
        near = (
            "certified optimum"
            if found.gap <= 1e-9
            else f"{_above(found.gap)} the certified optimum"
        )
    else:
        stopped = ", stopped when its time was up" if found.stopped else ""
        near = f"local optimum, best of {len(found.restarts)}{stopped}"
        if len(found.restarts) > 1:
            near += f" (the worst {_above(found.spread)} it)"
    ratio = found.cart_objective / found.objective - 1 if found.objective > 0 else 0.0
    beside = f"{_above(ratio)} it" if ratio >= 0 else f"{-100 * ratio:.1f}% below it"
    return f"{near}: {mine}; CART with the same penalty: {beside} with {found.cart_leaves} leaves"


def _above(ratio: float) -> str:
    return f"{100 * ratio:.1f}% above"


def summaries(artefact: Artefact) -> tuple[TreeSummary, ...]:
    """Read what the stage wrote."""
    told: Any = artefact.json(FILE)
    return tuple(_summary(one) for one in told)


def _summary(read: Any) -> TreeSummary:
    return TreeSummary(
        model=read["model"], found=read["found"], filled=tuple(read["filled"]),
        branches=tuple(Branch(**{**b, "rule": tuple(b["rule"])}) for b in read["branches"]),
        learned=tuple(LeafFigure(**{**f, "leaves": tuple(f["leaves"])}) for f in read["learned"]),
        columns=tuple((name, meaning) for name, meaning in read["columns"]),
    )  # fmt: skip


def learned_metrics(told: Sequence[TreeSummary]) -> list[Metric]:
    """Return the share of positives among the rows each leaf was learned from."""
    return [
        Metric(metric=LEARNED, value=one.rate, n=one.n, model=tree.model, group=one.group)
        for tree in told for one in tree.learned
    ]  # fmt: skip
