from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.core.errors import BurdenError, StudyError
from commonweal.core.store import Store
from commonweal.decisions.recommend import Candidates, recommend
from commonweal.features.cells import CellFile
from commonweal.models.registry import load as load_model
from commonweal.study.load import load
from commonweal.study.matrix import matrix
from commonweal.study.run import Run, rebuild, run
from commonweal.study.show import trace, verified

HERE = Path(__file__).resolve().parent


def files(out: Path) -> dict[str, bytes]:
    """Every file of a run but its lock."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def finished(study: Path, out: Path, threads: int = 2) -> Run:
    return run(load(study), out, threads)


@pytest.fixture
def real_study(small_study: Path) -> Path:
    """The small study on tables that do not claim to be simulated."""
    agency = small_study.parent / "agency.toml"
    text = agency.read_text(encoding="utf-8").replace('simulated = "simulation.json"\n', "")
    agency.write_text(text, encoding="utf-8")
    return small_study


def test_a_second_run_rewrites_nothing(small_study: Path, tmp_path: Path) -> None:
    first = finished(small_study, tmp_path / "run")
    assert first.reused == ()
    assert "AUC of boosted" in first.sentence()
    assert {"metric", "value", "low", "high", "n"} <= set(first.frame().columns)
    first.plot().save(tmp_path / "precision.svg")
    assert (tmp_path / "precision.svg").read_text(encoding="utf-8").startswith("<svg")
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "run").rglob("*")}
    second = finished(small_study, tmp_path / "run")
    assert second.made == ()
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "run").rglob("*")}
    lock, top = tmp_path / "run" / ".lock", tmp_path / "run" / "store"
    assert {k: v for k, v in before.items() if k not in (lock, top)} == {
        k: v for k, v in after.items() if k not in (lock, top)
    }


def test_a_changed_setting_reruns_only_what_follows(small_study: Path, tmp_path: Path) -> None:
    finished(small_study, tmp_path / "run")
    text = small_study.read_text(encoding="utf-8")
    small_study.write_text(text.replace("k = 60", "k = 50"), encoding="utf-8")
    assert finished(small_study, tmp_path / "run").made == (
        "evaluation",
        "interpretability",
        "recommendation",
        "report",
    )


def test_the_report_can_be_made_again_from_the_run_alone(small_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    finished(small_study, out)
    before = files(out)
    (out / "report.html").unlink()
    for path in (small_study.parent / "data").glob("*"):
        path.unlink()
    assert rebuild(out).made == ()
    assert files(out) == before
    assert len(verified(out)) == 1


def test_a_changed_file_is_found(small_study: Path, tmp_path: Path) -> None:
    finished(small_study, tmp_path / "run")
    path = next((tmp_path / "run" / "store").glob("labels-*/labels.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Exception, match=r"labels\.parquet: is not what the run wrote"):
        verified(tmp_path / "run")


def test_a_person_is_found_in_every_artefact(small_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    finished(small_study, out)
    cohort = pq.read_table(next((out / "store").glob("cohort-*/cohort.parquet")))
    person = cohort["entity_id"][0].as_py()
    held = [one for one in cohort["entity_id"].to_pylist() if one == person]
    lines = trace(out, person)
    raw = pq.read_table(small_study.parent / "data" / "arrests.parquet")
    mine = [r for r in raw.to_pylist() if r["person_id"] == person]
    assert len([line for line in lines if line.startswith("record arrest")]) == len(mine)
    for stage in ("cohort", "labels", "groups", "features/network", "models/boosted", "evaluation"):
        assert any(line.startswith(f"artefact {stage} ") for line in lines), stage
    by_row = rf"artefact features/network \(\S+\): {len(held)} rows of this entity"
    assert any(re.fullmatch(by_row, line) for line in lines)
    assert trace(out, "nobody") == ["no record of 'nobody'"]


def test_threads_row_order_and_time_zone_change_no_byte(real_study: Path, tmp_path: Path) -> None:
    finished(real_study, tmp_path / "two")
    script = (
        "from commonweal.study.load import load; from commonweal.study.run import run; import sys;"
        "run(load(sys.argv[1]), sys.argv[2], 1)"
    )
    environment = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    command = [sys.executable, "-c", script, str(real_study), str(tmp_path / "one")]
    subprocess.run(command, check=True, env=environment)
    assert files(tmp_path / "one") == files(tmp_path / "two")

    rng = np.random.default_rng(5)
    for path in (real_study.parent / "data").glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.take(pa.array(rng.permutation(table.num_rows))), path)
    finished(real_study, tmp_path / "shuffled")
    plain, shuffled = files(tmp_path / "two"), files(tmp_path / "shuffled")
    digests = re.compile(rb"[0-9a-f]{64}")
    for name in ("metrics.json", "recommendation.csv"):
        assert plain[name] == shuffled[name]
    for name in ("report.html",):
        assert digests.sub(b"", plain[name]) == digests.sub(b"", shuffled[name])

    def tables(run: dict[str, bytes]) -> dict[str, bytes]:
        """Every artefact but the record of where it came from; stages by name, not by input."""
        kept = {
            k: v
            for k, v in run.items()
            if k.startswith("store/") and "stage.json" not in k and "store/report-" not in k
        }
        return {re.sub(r"^(store/records-\w+)-\w+/", r"\1/", k): v for k, v in kept.items()}

    assert tables(plain) == tables(shuffled)


@pytest.mark.slow
def test_killed_twenty_times_it_resumes_to_the_same_bytes(
    small_study: Path, tmp_path: Path
) -> None:
    finished(small_study, tmp_path / "warm")
    start = time.perf_counter()
    finished(small_study, tmp_path / "whole")
    seconds = f"{time.perf_counter() - start:.3f}"
    out = tmp_path / "killed"
    command = [sys.executable, str(HERE / "killed.py"), str(small_study), str(out), "20", seconds]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    kills = [line.split() for line in told.splitlines()]
    assert [kill[2] for kill in kills] == ["9"] * 20
    progress = [int(kill[3]) for kill in kills]
    assert progress == sorted(progress), "a kill may lose no finished stage"
    where = Counter(kill[0] for kill in kills)
    assert where["finished"] == 0, where
    assert where["half-written"] >= 5, where
    assert where["before-rename"] >= 1, where
    assert len(set(progress)) >= 5, "the kills must be spread over the run"
    finished(small_study, out)
    assert files(out) == files(tmp_path / "whole")


def test_two_runs_cannot_share_a_folder(small_study: Path, tmp_path: Path) -> None:
    import fcntl

    out = tmp_path / "run"
    out.mkdir()
    with (out / ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(StudyError, match="another run is using this folder"):
            finished(small_study, out)


def test_the_key_may_not_lie_in_the_run(
    small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONWEAL_KEY_FILE", str(tmp_path / "run" / "key"))
    with pytest.raises(StudyError, match="the key lies in the run's folder"):
        finished(small_study, tmp_path / "run")


def test_a_key_is_made_for_its_owner_only(
    small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "config" / "new.key"
    monkeypatch.setenv("COMMONWEAL_KEY_FILE", str(key))
    finished(small_study, tmp_path / "run")
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() not in b"".join(files(tmp_path / "run").values())


def burdened(study: Path) -> Path:
    """Turn the small study into one whose action burdens people."""
    text = study.read_text(encoding="utf-8").replace('kind = "help"', 'kind = "burden"')
    text = re.sub(r"\[recommendation\]\n(?:[^\[\n].*\n?)*", "", text)
    study.write_text(text, encoding="utf-8")
    return study


def test_a_burden_study_writes_no_score_and_no_list(small_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = finished(burdened(small_study), out)
    assert done.recommendation is None
    assert not [name for name in files(out) if "recommend" in name or "score" in name]
    records = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    shown = ("people", "positives", "flow.cohort", "flow.positives")
    counts = [r for r in records if r["metric"] in shown]
    assert counts
    assert not [r for r in counts if 0 < r["value"] <= 10], "exempt only to help"
    scores = every_score(out)
    assert len(scores) > 1000
    for path in (*out.rglob("*.parquet"), *out.rglob("*.arrow")):
        for name, column in numbers(path):
            assert np.isin(column[column > 0].round(6), scores.round(6)).mean() < 0.5, name
    text = b"".join(v for k, v in files(out).items() if not k.endswith(".parquet"))
    written = {repr(float(s)).encode() for s in scores} | {f"{s:.12g}".encode() for s in scores}
    assert not [w for w in written if len(w) > 10 and w in text]
    people = pq.read_table(next((out / "store").glob("cohort-*/cohort.parquet")))["entity_id"]
    outputs = [out / n for n in ("report.html", "metrics.json", "manifest.json")]
    shown = "".join(path.read_text(encoding="utf-8") for path in outputs)
    words = set(re.findall(r"\w+", shown))
    assert not words & set(people.to_pylist())
    assert not any("recommend" in stage for stage in done.made)


def numbers(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Every column of numbers with a fraction of a table or of a block's cells."""
    if path.suffix == ".arrow":
        yield path.name, np.concatenate([cells.value for cells in CellFile.open(path).batches])
        return
    table = pq.read_table(path)
    for name in table.column_names:
        if pa.types.is_floating(table[name].type):
            yield name, table[name].to_numpy(zero_copy_only=False).astype(np.float64)


def every_score(out: Path) -> np.ndarray:
    """Score everybody by the fitted models, as only a test may."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    study = load(out / "study.toml", out, out / "agency.toml")
    held = {s["stage"]: Store.read(out / "store" / s["folder"]) for s in manifest["stages"]}
    features = matrix({block: held[f"features/{block}"] for block in study.spec.features})
    values = features.take(np.arange(features.rows))
    found = [
        load_model(spec, held[f"models/{name}"].path, features.names).predict(values)
        for name, spec in study.spec.models.items()
        if spec.kind in ("boosted", "logistic")
    ]
    return np.concatenate(found)


def test_nothing_overrides_the_burden_rule(small_study: Path, tmp_path: Path) -> None:
    text = small_study.read_text(encoding="utf-8").replace('kind = "help"', 'kind = "burden"')
    small_study.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match="has no recommendation"):
        load(small_study)
    candidates = Candidates(
        as_of=__import__("datetime").date(2020, 1, 1),
        ids=["a"],
        scores=np.array([0.5]),
        ties=np.array([1], dtype=np.uint64),
    )
    with pytest.raises(BurdenError):
        recommend("burden", candidates, np.array([0]), [["x"]], b"k" * 16)
