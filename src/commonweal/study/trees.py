"""The stage that puts a tree into words, with what may be said of the rows it was learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table
from commonweal.evaluation.leaves import LEARNED
from commonweal.evaluation.ranking import Ints
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


def trees(shop: Workshop, main: Chain) -> tuple[Artefact, ...]:
    """Tell every tree of the study: ``told.json``, which holds nothing that may not be shown."""
    specs = shop.study.spec.models.items()
    return tuple(_told(shop, main, name, s) for name, s in specs if isinstance(s, TreeSpec))


def _told(shop: Workshop, main: Chain, name: str, spec: TreeSpec) -> Artefact:
    blocks, fitted = seen(spec, main.blocks), main.fitted[name]

    def write(folder: Path) -> None:
        features = seen_matrix(spec, blocks)
        model, fills = read_tree(spec, fitted, features.names)
        filled = set() if fills is None else {features.names[i] for i in fills.typical}
        used = {model.tree.names[i] for i in model.tree.feature.tolist() if i >= 0}
        rows = training_data(shop, main.people, main.labelled, features, spec).together()
        region = regions_in(model, fills, features, rows.rows)
        learned = _learned(shop, main, model.tree, region, rows.rows, rows.labels)
        alone = len(learned) == len(model.tree.leaves)
        write_json(
            folder / FILE,
            TreeSummary(
                model=name, branches=outline(model.tree, words(blocks, filled)),
                learned=learned, found=found_words(model.found, exact=alone),
                columns=tuple((f.name, f.meaning) for f in features.features if f.name in used),
                filled=tuple(sorted(used & filled)),
            ),
        )  # fmt: skip

    rule = shop.study.disclosure
    settings = [name, spec, rule, shop.dates("train"), shop.dates("validation"), list(blocks)]
    parents = {f"blocks/{n}": a for n, a in blocks.items()}
    parents |= {"model": fitted, "cohort": main.people, "labels": main.labelled}
    code = code_below(
        "models", "oversight", "study/trees.py", "study/regions.py", "reports/content.py"
    )
    return shop.make(f"trees/{name}", code, settings, parents, write)


def words(blocks: Mapping[str, Artefact], filled: set[str]) -> Words:
    """Return what categories are called, and which columns are never missing."""
    codes: dict[str, tuple[str, ...]] = {}
    complete = set(filled)
    for artefact in blocks.values():
        described: Any = artefact.json(DESCRIBED)
        known = described["notes"].get("codes", {})
        for feature in described["features"]:
            if not feature["missing"]:
                complete.add(feature["name"])
            if feature["unit"] == "category":
                stem = feature["name"].rpartition(".")[0]
                column = next(c for c in known if stem.endswith(f".{c}"))
                codes[feature["name"]] = tuple(known[column])
    return Words(codes=codes, complete=frozenset(complete))


def _learned(
    shop: Workshop, main: Chain, tree: Tree, region: Ints, rows: Ints, labels: NDArray[np.int8]
) -> tuple[LeafFigure, ...]:
    """Count the rows learned from, leaves pooled until nobody few are counted."""
    ids = read_table(main.people.file("cohort.parquet"), ["entity_id"])["entity_id"]
    coded = pc.dictionary_encode(ids.combine_chunks()).indices.to_numpy(zero_copy_only=False)
    chances = tree.chance[tree.leaves].tolist()
    person = coded[rows].astype(np.int64)
    parts = pooled_rows(shop.study.disclosure, chances, region, person, labels)
    count = np.bincount(region, minlength=len(chances))
    hits = np.bincount(region[labels == 1], minlength=len(chances))
    return tuple(
        LeafFigure(
            tuple(sorted(part)), int(count[list(part)].sum()),
            float(hits[list(part)].sum() / count[list(part)].sum()),
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
        near = "certified optimum" if found.gap <= 1e-9 else f"{_above(found.gap)} the optimum"
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


def summary(artefact: Artefact) -> TreeSummary:
    """Read what the stage wrote."""
    read: Any = artefact.json(FILE)
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
