"""A run's tree taken out of it: as a query, a Python module, a picture or text. Help only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from commonweal.core.errors import BurdenError, StudyError, nearest, problem
from commonweal.core.store import Artefact, Store, atomic_write
from commonweal.evaluation.leaves import OBSERVED
from commonweal.models.spec import TreeSpec
from commonweal.models.trees.export import tree_python, tree_sql
from commonweal.models.trees.rules import LeafFigure, Words, figure_of, leaves_of, written
from commonweal.models.trees.tree import Tree
from commonweal.reports.content import TreeSummary
from commonweal.reports.trees_svg import standalone
from commonweal.study.evaluated import evaluated
from commonweal.study.load import load
from commonweal.study.matrix import seen_matrix
from commonweal.study.models import seen
from commonweal.study.regions import read_tree
from commonweal.study.spec import Study
from commonweal.study.trees import summaries, words
from commonweal.study.verify import read_manifest, verify

FORMS = ("sql", "python", "svg", "text")


def exported(run: Path | str, model: str, to: str) -> str:
    """Return a run's tree as ``sql``, ``python``, ``svg`` or ``text``.

    Of real people no form says more than the report: leaves that it tells together have the chance
    they have together. Columns are those of the run's feature matrix, which `live_features` writes.

    Parameters
    ----------
    run
        Folder of a finished run of a study that helps.
    model
        Name of the tree among the models.
    to
        The form.

    Raises
    ------
    BurdenError
        If the study's action burdens people: a rule that scores makes lists of people.
    StudyError
        If the folder holds no finished run, the run no such tree, there is no such form, or the
        tree cannot be written in it.
    DataError
        If a file of the run was changed.
    """
    run = Path(run)
    manifest = read_manifest(run)
    study = load(run / "study.toml", run, run / "agency.toml")
    if study.spec.action.kind != "help":
        what = (
            "the study's action burdens people: a tree that is taken out of its run scores anybody "
            "and makes lists of people, and such a study is evaluated in aggregate only"
        )
        raise problem(BurdenError, str(run), what, "read the tree in the report")
    if to not in FORMS:
        raise problem(StudyError, "--to", f"there is no form {to!r}", f"use {', '.join(FORMS)}")
    spec = _spec(study, run, model)
    verify(run, outputs=False)
    of_run = {s["stage"]: Store.read(run / "store" / s["folder"]) for s in manifest["stages"]}
    told = next(one for one in summaries(of_run["trees"]) if one.model == model)
    if to in ("svg", "text"):
        figures, about = _figures(of_run["evaluation"], told)
        if to == "text":
            return f"{told.found}\n{about}\n\n{written(told.branches, figures)}"
        return standalone(told.branches, figures, f"Decision tree {model}. {about}")
    if spec.missing is not None:
        what = "fills missing features before the tree sees them, which no query or module does"
        raise problem(StudyError, f"models.{model}", what, "write it as text or svg")
    tree, named = _tree(study, spec, of_run, model)
    chances = _chances(tree, told, model)
    if to == "python":
        return tree_python(tree, named, single=True, chances=chances)
    return tree_sql(tree, words=named, single=True, chances=chances)


def write_exported(run: Path | str, model: str, to: str, out: Path | str) -> None:
    """Write what `exported` returns to a file outside the run's folder.

    Raises
    ------
    BurdenError, StudyError, DataError
        As for `exported`; StudyError also if the file cannot be written there.
    """
    out, run = Path(out), Path(run)
    if out.resolve().is_relative_to(run.resolve()):
        raise problem(StudyError, str(out), "lies in the run's folder", "write it elsewhere")
    text = exported(run, model, to)
    try:
        atomic_write(out, text)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise problem(StudyError, str(out), what, "choose another place") from error


def _spec(study: Study, run: Path, model: str) -> TreeSpec:
    trees = {n: s for n, s in study.spec.models.items() if isinstance(s, TreeSpec)}
    if model in trees:
        return trees[model]
    what = f"the run has no tree {model!r}"
    if model in study.spec.models:
        what = f"{model!r} is no tree but of kind {study.spec.models[model].kind!r}"
    mend = f"trees are: {', '.join(trees)}" if trees else "the study declares no tree"
    near = nearest(model, trees)
    raise problem(StudyError, str(run), what, f"did you mean {near}?" if near else mend)


def _figures(measured: Artefact, told: TreeSummary) -> tuple[tuple[LeafFigure, ...], str]:
    """Return what happened in the leaves at the last test date, or else where it was learned."""
    found = [
        m for m in evaluated(measured).metrics if m.metric == OBSERVED and m.model == told.model
    ]
    last = max((m.as_of for m in found if m.as_of), default=None)
    if last is None:
        return told.learned, "Leaves: share with the outcome among the rows learned from."
    figures = tuple(
        LeafFigure(leaves_of(m.group or ""), m.n, m.value, m.low, m.high)
        for m in found
        if m.as_of == last
    )
    return figures, f"Leaves: share with the outcome as of {last}, with its 95% interval."


def _tree(
    study: Study, spec: TreeSpec, of_run: Mapping[str, Artefact], model: str
) -> tuple[Tree, Words]:
    blocks = seen(spec, {name: of_run[f"features/{name}"] for name in study.spec.features})
    features = seen_matrix(spec, blocks)
    return read_tree(spec, of_run[f"models/{model}"], features.names)[0].tree, words(blocks, set())


def _chances(tree: Tree, told: TreeSummary, model: str) -> list[float]:
    """Return each leaf's chance, as the report tells it."""
    found = [figure_of(leaf, told.learned) for leaf in range(len(tree.leaves))]
    if any(one is None for one in found):
        what = "its chances may not be shown: too few people had the outcome, or had not"
        raise problem(StudyError, f"models.{model}", what, "write it as text or svg")
    return [one.rate for one in found if one is not None]
