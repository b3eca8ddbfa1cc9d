"""Live features of people whose records were linked."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import commonweal.api as cw
from commonweal.core.store import Store
from commonweal.core.tables import read_table
from commonweal.study.matrix import matrix
from commonweal.study.verify import read_manifest


def linked_study(folder: Path) -> Path:
    """A city of 6,000 and its study, with rankings that need no fitting."""
    path = cw.simulate("violence-prevention", folder, 6_000).study
    text = path.read_text(encoding="utf-8").replace(
        'headline = "boosted"', 'headline = "base_rate"'
    )
    for name in ("models.boosted", "models.logistic", "recommendation"):
        text = re.sub(rf"\[{re.escape(name)}\]\n(?:[^\[\n].*\n?)*", "", text)
    path.write_text(text.replace("[evaluation]\n", "[evaluation]\ndraws = 100\n"), "utf-8")
    return path


@pytest.mark.slow
def test_people_of_a_date_of_the_study_are_those_of_that_date(tmp_path: Path) -> None:
    study, out = linked_study(tmp_path / "world"), tmp_path / "run"
    cw.run(cw.load(study), out)
    of_run = {s["stage"]: out / "store" / s["folder"] for s in read_manifest(out)["stages"]}
    spec = cw.load(study).spec
    stored = matrix({name: Store.read(of_run[f"features/{name}"]) for name in spec.features})
    cohort = read_table(of_run["cohort"] / "cohort.parquet")
    then = read_table(of_run["linkage"] / "identities.parquet")
    moved = 0
    for day in spec.cohort.as_of.dates():
        at = pa.scalar(day, pa.date32())
        here = cohort.filter(pc.equal(cohort["as_of"], at))
        names = then.filter(pc.equal(then["as_of"], at))["entity_id"].combine_chunks()
        moved += pc.sum(pc.is_in(here["entity_id"], value_set=names)).as_py()
        found = cw.live_features(out, day, here["entity_id"])
        before = stored.take(here["row"].to_numpy())
        assert found.people.inside == here["entity_id"].combine_chunks()
        assert (found.values.view(np.uint32) == before.view(np.uint32)).all()
        assert found.warnings == ()
    assert moved > 0, "some have records that are others' in the end"
    some = here["entity_id"].slice(0, 200)
    (told,) = cw.live_features(out, date(2017, 2, 3), some).warnings
    assert "2017-02-03 is no as-of date of the study" in told
    extracted = cw.load(study).agency.extracted_on
    assert cw.live_features(out, extracted, some).warnings == ()
    with pytest.raises(cw.StudyError, match="cannot be linked as the run's records were"):
        cw.live_features(out, day, some, data=study.parent / "data")
