"""The recommendation stage: whom the service is offered to first. Help only."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.errors import StudyError, problem
from commonweal.core.seeds import tie_break
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table, write_table
from commonweal.decisions.recommend import Candidates, block_reasons, recommend, top_k
from commonweal.features.matrix import FeatureMatrix
from commonweal.models.data import Places, chunks
from commonweal.models.fitted import Fitted, scores
from commonweal.models.registry import load
from commonweal.study.matrix import seen_matrix
from commonweal.study.models import seen
from commonweal.study.spec import Study
from commonweal.study.stages import Workshop, code_below

KEY_VARIABLE = "COMMONWEAL_KEY_FILE"
PSEUDONYM = 20
"""Length of a pseudonym in hexadecimal digits."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def offers(study: Study) -> bool:
    """Return whether the study writes recommendations: only one that helps and asks for them."""
    return study.spec.action.kind == "help" and study.spec.recommendation is not None


def key_file() -> Path:
    """Return where the secret behind pseudonyms lies: never in a run's folder."""
    named = os.environ.get(KEY_VARIABLE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "commonweal" / "pseudonym.key"


def read_key(out: Path) -> bytes:
    """Read the secret, making one on first use, readable by its owner only.

    Raises
    ------
    StudyError
        If the key lies in the run's folder or is shorter than 16 bytes.
    """
    path = key_file()
    if path.resolve().is_relative_to(out.resolve()):
        mend = f"keep it elsewhere and name it in {KEY_VARIABLE}"
        raise problem(StudyError, str(path), "the key lies in the run's folder", mend)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(os.urandom(32).hex())
    key = path.read_bytes().strip()
    if len(key) < 16:
        raise problem(StudyError, str(path), "the key is too short", "use 16 bytes or more")
    return key


def recommendation(
    shop: Workshop, people: Artefact, blocks: Mapping[str, Artefact],
    fitted: Mapping[str, Artefact], key: bytes,
) -> Artefact:  # fmt: skip
    """Recommend the top k at the last as-of date: ``recommendation.parquet`` and ``.csv``."""
    spec = shop.study.spec
    wanted = spec.recommendation
    assert wanted is not None

    spec_of_model, mine = spec.models[wanted.model], seen(spec.models[wanted.model], blocks)

    def write(folder: Path) -> None:
        features = seen_matrix(spec_of_model, mine)
        model = load(spec_of_model, fitted[wanted.model].path, features.names)
        candidates, rows = _last(shop, people, features, model)
        chosen = top_k(candidates, spec.capacity.k)
        names = [f.block for f in features.features]
        reasons = [
            reason
            for values in chunks(features, rows[chosen])
            for reason in block_reasons(model.contributions(values), names, wanted.reasons)
        ]
        table = recommend(spec.action.kind, candidates, chosen, reasons, key, PSEUDONYM)
        write_table(table, folder / "recommendation.parquet")
        (folder / "recommendation.csv").write_text(as_csv(table), encoding="utf-8")

    settings = [
        spec.action.kind, wanted, spec.capacity, spec.study.seed,
        hashlib.sha256(b"commonweal key" + key).hexdigest(),
    ]  # fmt: skip
    parents = {f"blocks/{n}": a for n, a in mine.items()}
    parents |= {"model": fitted[wanted.model], "cohort": people}
    code = code_below("models", "decisions", "study/offer.py")
    return shop.make("recommendation", code, settings, parents, write)


def _last(
    shop: Workshop, people: Artefact, features: FeatureMatrix, model: Fitted
) -> tuple[Candidates, Places]:
    """Score the people of the last as-of date; return them and their rows."""
    table = read_table(people.file("cohort.parquet"))
    last = pc.max(table["as_of"]).as_py()
    rows = np.flatnonzero(pc.equal(table["as_of"], pa.scalar(last, pa.date32())).to_numpy())
    ids = table["entity_id"].take(pa.array(rows)).to_pylist()
    ties = tie_break(shop.study.spec.study.seed, ids)
    return Candidates(last, ids, scores(model, features, rows), ties), rows


def as_csv(table: pa.Table) -> str:
    """Return a table as CSV in which no cell can run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        writer.writerow([inert(value) for value in row])
    return text.getvalue()


def inert(value: object) -> object:
    """Return a cell that no spreadsheet runs as a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
