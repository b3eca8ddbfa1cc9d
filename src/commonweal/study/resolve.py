"""Who the recommendation is about, for those who may know: help only, and only with the key."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.errors import BurdenError, StudyError, problem
from commonweal.core.seeds import keyed_hash
from commonweal.core.store import atomic_write
from commonweal.core.tables import read_table
from commonweal.study import offer
from commonweal.study.load import load
from commonweal.study.verify import read_manifest


def resolve(out: Path, to: Path) -> int:
    """Write the recommendation with the agency's own ids instead of pseudonyms.

    Parameters
    ----------
    out
        Folder of a finished run.
    to
        CSV file to write: ``entity_id``, ``as_of``, ``rank``, ``offered``, ``reason``. It may
        not lie in the run's folder, which others may be given.

    Returns
    -------
    int
        Number of people written.

    Raises
    ------
    BurdenError
        If the study's action burdens people.
    StudyError
        If the run has no recommendation, the key is another, or `to` lies in the run's folder.
    """
    manifest = read_manifest(out)
    study = load(out / "study.toml", out, out / "agency.toml")
    if study.spec.action.kind != "help":
        what = "the study's action burdens people, so there is no list to resolve"
        raise problem(BurdenError, str(out), what, "see the report")
    folders = {s["stage"]: out / "store" / s["folder"] for s in manifest["stages"]}
    if "recommendation" not in folders:
        raise problem(StudyError, str(out), "has no recommendation", "add [recommendation]")
    if to.resolve().is_relative_to(out.resolve()):
        raise problem(StudyError, str(to), "lies in the run's folder", "write it elsewhere")
    table = read_table(folders["recommendation"] / "recommendation.parquet")
    key = offer.read_key(out)
    people = pc.unique(read_table(folders["cohort"] / "cohort.parquet")["entity_id"]).to_pylist()
    named = {keyed_hash(key, person)[: offer.PSEUDONYM]: person for person in people}
    found = [named.get(pseudonym) for pseudonym in table["pseudonym"].to_pylist()]
    if None in found:
        what = "the pseudonyms were made with another key"
        raise problem(StudyError, str(offer.key_file()), what, f"name it in {offer.KEY_VARIABLE}")
    table = table.drop_columns(["pseudonym"]).add_column(0, "entity_id", pa.array(found))
    atomic_write(to, offer.as_csv(table))
    return int(table.num_rows)
