"""The stage that writes the data dictionary of a run's features: ``dictionary.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from commonweal.core.store import Artefact
from commonweal.features.columns import Feature
from commonweal.features.dictionary import Described, dictionary
from commonweal.study.matrix import DESCRIBED
from commonweal.study.stages import Workshop, code_below

DICTIONARY = "dictionary.csv"


def describe(shop: Workshop, blocks: Mapping[str, Artefact]) -> Artefact:
    """Write one line a feature: name, block, meaning, window, unit, missing rule, shares."""
    exact = shop.study.disclosure.exempt

    def write(folder: Path) -> None:
        text = StringIO()
        lines = dictionary([_described(artefact) for artefact in blocks.values()], exact)
        csv.writer(text, lineterminator="\n").writerows(lines)
        (folder / DICTIONARY).write_text(text.getvalue(), encoding="utf-8")

    code = code_below("features", "study/dictionary.py")
    return shop.make("dictionary", code, [exact, list(blocks)], blocks, write)


def _described(artefact: Artefact) -> Described:
    read = artefact.json(DESCRIBED)
    assert isinstance(read, dict)
    features = [Feature(**one) for one in read["features"]]
    return Described(features, read["rows"], read["recorded"], read["nonzero"])
