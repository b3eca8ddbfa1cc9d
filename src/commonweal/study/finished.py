"""A finished run, opened to be used again: its study, its records, the codes it chose."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from commonweal.core.engines.address import Address
from commonweal.core.errors import BurdenError, Problem, StudyError, problem
from commonweal.core.progress import progress
from commonweal.core.results import Finding, Severity
from commonweal.core.store import Artefact, Store
from commonweal.study import release
from commonweal.study.features import Chosen, blocks_code
from commonweal.study.fetched import fetched
from commonweal.study.load import load
from commonweal.study.matrix import DESCRIBED
from commonweal.study.prepared import prepare
from commonweal.study.sources import in_future
from commonweal.study.spec import Study
from commonweal.study.stages import Records, Workshop, input_digests, records
from commonweal.study.verify import read_manifest, verify


@dataclass(frozen=True, slots=True)
class Newer:
    """Newer tables than those a run was made from.

    Parameters
    ----------
    data
        Folder or database that holds them.
    as_of
        Date at which they are looked at.
    extracted_on
        First day whose records they do not hold; None: `as_of`, or the run's day of extraction if
        that is later.
    """

    data: Path | str
    as_of: date
    extracted_on: date | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished run.

    Parameters
    ----------
    shop
        Where new stages are made: a folder that is gone when the run is left, not the run's own.
    made
        Source -> its events.
    blocks
        Feature block -> the artefact of the run.
    findings
        What was found about the run.
    """

    shop: Workshop
    made: Records
    blocks: Mapping[str, Artefact]
    findings: tuple[Finding, ...]

    def chosen(self) -> Chosen:
        """Return the codes that were chosen on training rows."""
        return chosen_in(self.blocks)


def chosen_in(blocks: Mapping[str, Artefact]) -> Chosen:
    """Return the codes chosen for blocks: (block, column) -> codes."""
    found = {}
    for name, artefact in blocks.items():
        described: Any = artefact.json(DESCRIBED)
        for column, codes in described["notes"].get("codes", {}).items():
            found[name, column] = tuple(codes)
    return found


@contextmanager
def finished(out: Path, newer: Newer | None, threads: int, address: Address) -> Iterator[Finished]:
    """Open a finished run; nothing is written into its folder.

    Parameters
    ----------
    out
        The run's folder.
    newer
        Tables to assemble the records from; None for the run's own records.
    threads
        Threads that may be used.
    address
        Where relations are computed.

    Raises
    ------
    BurdenError
        If the study's action burdens people.
    StudyError
        If the folder holds no finished run, its features were built by other code, or newer
        tables cannot be used with it.
    DataError
        If a file of the run was changed, or newer tables are not as declared.
    """
    manifest: Any = read_manifest(out)
    study = helping(out, newer.data if newer else out)
    verify(out, outputs=False)
    of_run = {one["stage"]: out / "store" / one["folder"] for one in manifest["stages"]}
    blocks = _blocks(out, study, of_run)
    with ExitStack() as stack:
        shown = stack.enter_context(progress())
        folder = stack.enter_context(TemporaryDirectory(prefix="commonweal-"))
        aside = Store(Path(folder))
        store, digests = Store(out / "store", complete=True), manifest["inputs"]
        if newer is not None:
            study = stack.enter_context(fetched(_with(study, newer)))
            store, digests = aside, input_digests(study)
        else:
            study = replace(study, simulated=bool(manifest["simulated"]))
        shop = Workshop(study, store, threads, shown, address)
        ready = prepare(shop, records(shop, digests), digests)
        yield Finished(
            replace(ready.shop, store=aside), ready.made, blocks, (_versions(manifest["versions"]),)
        )


def helping(out: Path, data: Path | str) -> Study:
    """Return a run's study, on tables, if its action helps.

    Raises
    ------
    BurdenError
        If the action burdens people.
    StudyError
        If the folder holds no finished run.
    """
    read_manifest(out)
    study = load(out / "study.toml", data, out / "agency.toml")
    if study.spec.action.kind == "help":
        return study
    what = (
        "the study's action burdens people: features of a person serve a person's score, and such "
        "a study is evaluated in aggregate only"
    )
    raise problem(BurdenError, str(out), what, "see the report")


def _blocks(out: Path, study: Study, of_run: Mapping[str, Path]) -> dict[str, Artefact]:
    """Return the run's feature blocks, if the code that made them is the code that is here."""
    names = [f"features/{name}" for name in study.spec.features]
    missing = [name for name in names if name not in of_run]
    if missing:
        what = f"holds no stage {missing[0]}"
        raise problem(StudyError, str(out), what, "run the study to its report")
    found = {name: Store.read(of_run[f"features/{name}"]) for name in study.spec.features}
    here = blocks_code()
    records_: list[Any] = [artefact.json("stage.json") for artefact in found.values()]
    if any(record["version"] != here for record in records_):
        what = "its features were built by other code than is installed here"
        mend = "use the version that made the run, or run the study again"
        raise problem(StudyError, str(out), what, mend)
    return found


def _with(study: Study, newer: Newer) -> Study:
    """Return a study that reads newer tables."""
    agency = study.agency
    day = newer.extracted_on or max(newer.as_of, agency.extracted_on)
    where = "--extracted-on" if newer.extracted_on else "--as-of"
    if in_future(day):
        raise problem(StudyError, where, f"is {day}, in the future", "name a day that has come")
    if agency.linked():
        what = "cannot be linked as the run's records were: people would get other ids"
        raise problem(StudyError, "--data", what, "run the study on these tables")
    if agency.derived:
        what = "would have lengths predicted by another model than the run's"
        raise problem(StudyError, "--data", what, "run the study on these tables")
    return replace(study, agency=replace(agency, extracted_on=day))


def _versions(then: Mapping[str, str]) -> Finding:
    """Say whether packages are of the versions the run was made with."""
    code = "features.versions"
    now = release.versions() | {"python": platform.python_version()}
    changed = [f"{name} {then.get(name)} ({one} is here)" for name, one in sorted(now.items())
               if then.get(name) != one]  # fmt: skip
    if not changed:
        message = "Packages are of the versions the run was made with."
        return Finding(code=code, severity=Severity.PASS, message=message)
    message = f"The run was made with {', '.join(changed)}: the last bits may differ."
    return Finding(code=code, severity=Severity.WARN, message=message)


def differences(name: str, then: Artefact, now: Artefact) -> Iterator[Problem]:
    """Yield what differs between one block's columns and codes in a run and built again."""
    before: Any = then.json(DESCRIBED)
    after: Any = now.json(DESCRIBED)
    mend = "report this: one code should build both"
    if before["notes"].get("codes") != after["notes"].get("codes"):
        yield Problem(f"features.{name}", "its codes are not those the run chose", mend)
    elif before["features"] != after["features"]:
        yield Problem(f"features.{name}", "its columns are not those of the run", mend)
