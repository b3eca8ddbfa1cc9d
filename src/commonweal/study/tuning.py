"""The search for models' settings: trials, each a stage, and the configuration they lead to."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from commonweal.core.canonical import fingerprint
from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.core.store import Artefact, write_json
from commonweal.evaluation.choice import FIGURES, SMALLER, better, spread
from commonweal.evaluation.intervals import interval
from commonweal.models.space import DONE, Values, drawn, restarted, settled
from commonweal.models.spec import ModelSpec, Tunable
from commonweal.models.suggested import suggested
from commonweal.reports.content import TuningSummary
from commonweal.study.evaluated import Evaluated, evaluated, write_evaluated
from commonweal.study.models import seen
from commonweal.study.stages import Workshop, code_below
from commonweal.study.trial import Search, code, search, settings, stage, trial

TRIALS, CHOSEN = "trials.csv", "chosen.json"
_AREAS = frozenset({"auc", "average_precision"})


@dataclass(frozen=True, slots=True)
class Tuned:
    """What searches led to.

    Parameters
    ----------
    specs
        Every model's settings, those found put in: what `models.models` fits.
    trials
        Every trial made.
    searches
        Model -> the stage that gathers its trials.
    found
        Figures and checks of the searches.
    said
        What the report says of them.
    """

    specs: Mapping[str, ModelSpec]
    trials: tuple[Artefact, ...]
    searches: Mapping[str, Artefact]
    found: Evaluated
    said: tuple[TuningSummary, ...]

    @property
    def stages(self) -> tuple[Artefact, ...]:
        """Every stage made."""
        return (*self.trials, *self.searches.values())

    def elsewhere(self) -> dict[str, ModelSpec]:
        """Return the settings for models of other columns, which need other numbers of trees."""
        return {name: restarted(spec) for name, spec in self.specs.items()}


def tuned(
    shop: Workshop, people: Artefact, labelled: Artefact, blocks: Mapping[str, Artefact],
    specs: Mapping[str, ModelSpec],
) -> Tuned:  # fmt: skip
    """Search for the settings of every model that is tuned, as paper C does (A.4.2).

    Each configuration is fitted on training rows with early stopping on one part of the
    validation rows, and measured on another. The best is the one to fit on training and
    validation rows, with the number of trees it stopped at.
    """
    found, trials, searches = dict(specs), list[Artefact](), dict[str, Artefact]()
    for name, spec in specs.items():
        if not isinstance(spec, Tunable) or spec.tuning in (None, DONE):
            continue
        one = search(shop, name, spec, people, labelled, seen(spec, blocks))
        made = _trials(one)
        trials += made
        searches[name] = _gathered(one, made)
        best: Any = searches[name].json(CHOSEN)
        found[name] = settled(spec, best["settings"], best["trees"])
    metrics = [m for one in searches.values() for m in evaluated(one).metrics]
    findings = [f for one in searches.values() for f in evaluated(one).findings]
    said = tuple(TuningSummary(**_summary(one)) for one in searches.values())
    return Tuned(found, tuple(trials), searches, Evaluated(tuple(metrics), tuple(findings)), said)


def _summary(gathered: Artefact) -> dict[str, Any]:
    best: Any = gathered.json(CHOSEN)
    keys = ("model", "figure", "sampler", "tried", "settings", "trees", "cells")
    return {key: best[key] for key in keys}


def _trials(one: Search) -> list[Artefact]:
    """Make trials until there are enough of them, or no time is left."""
    made: list[Artefact] = []
    while len(made) < one.tuning.configurations and not _over(one, made):
        places = range(len(made), min(len(made) + one.at_once, one.tuning.configurations))
        values = [_configuration(one, place, made) for place in places]
        if made and _ended(one, places[0], values[0]):
            break
        made += each(lambda at: trial(one, *at), list(zip(places, values, strict=True)),
                     one.at_once)  # fmt: skip
    return made


def _configuration(one: Search, place: int, made: Sequence[Artefact]) -> Values:
    if one.tuning.sampler == "random":
        return drawn(one.spec, one.seed, one.name, place)
    figure = one.tuning.choose_by
    read: list[Any] = [artefact.json("trial.json") for artefact in made]
    earlier = [(r["settings"], _number(r["figures"][figure])) for r in read]
    return suggested(one.spec, one.seed, one.name, earlier, figure not in SMALLER)


def _over(one: Search, made: Sequence[Artefact]) -> bool:
    """Whether the trials took all the time there is, in this run or those it goes on from."""
    if one.tuning.minutes is None or not made:
        return False
    spent = sum(one.costs.seconds.get(artefact.key, 0.0) for artefact in made)
    return spent / one.at_once >= 60 * one.tuning.minutes


def _ended(one: Search, place: int, values: Values) -> bool:
    """Whether a finished run that had a limit of time made no such trial."""
    if one.tuning.minutes is None or not one.shop.store.complete:
        return False
    return not one.shop.has(stage(one, place), code(), settings(one, values), one.parents)


def _gathered(one: Search, made: Sequence[Artefact]) -> Artefact:
    """Choose among trials: ``trials.csv``, ``chosen.json``, figures and checks."""
    spec = one.shop.study.spec

    def write(folder: Path) -> None:
        read: list[Any] = [artefact.json("trial.json") for artefact in made]
        best = _best(read, one.tuning.choose_by)
        said = {
            **read[best], "trial": best, "model": one.name, "figure": one.tuning.choose_by,
            "sampler": one.tuning.sampler, "tried": len(read),
            "cells": float(sum(r["cells"] for r in read)),
        }  # fmt: skip
        write_json(folder / CHOSEN, said)
        (folder / TRIALS).write_text(_table(read, best), encoding="utf-8")
        write_evaluated(folder, _metrics(one, read, best), [_stopped(one, len(read))])

    wanted = [one.tuning, one.name, spec.evaluation.draws, one.seed, fingerprint(one.spec.kind)]
    parents = {stage(one, place): artefact for place, artefact in enumerate(made)}
    files = ("study/trial.py", "study/tuning.py", "study/models.py")
    digest = code_below("models", "evaluation", "oversight", *files)
    return one.shop.make(f"tuning/{one.name}", digest, wanted, parents | dict(one.parents), write)


def _best(read: Sequence[Any], figure: str) -> int:
    """Return the place of the best trial: of equal ones the lower log loss, then the earlier."""
    best = 0
    for place, one in enumerate(read):
        if better(_known(one), _known(read[best]), figure):
            best = place
    return best


def _known(one: Any) -> dict[str, float]:
    return {name: _number(value) for name, value in one["figures"].items()}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _published(one: Any, figure: str) -> float | None:
    """Return a trial's figure as it may be shown."""
    may, value = one["shown"], one["figures"][figure]
    if not may["any"] or value is None:
        return None
    if figure in ("precision", "precision_at_capacity"):
        rank = one["ranks"][figure == "precision_at_capacity"]
        return float(value) if rank in may["ranks"] else None
    if figure in _AREAS:
        return round(float(value), may["decimals"]) if may["decimals"] else None
    return float(value)


def _table(read: Sequence[Any], best: int) -> str:
    """Return the trials as CSV, a row each; what may not be shown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(read[0]["settings"])
    writer.writerow(["trial", *names, "trees", "cells", *FIGURES, "chosen"])
    for place, one in enumerate(read):
        figures = [_published(one, name) for name in FIGURES]
        cells = ["" if x is None else f"{x:.12g}" for x in figures]
        mine = [one["settings"][name] for name in names]
        writer.writerow([place, *mine, one["trees"], f"{one['cells']:.6g}", *cells,
                         "yes" if place == best else ""])  # fmt: skip
    return text.getvalue()


def _metrics(one: Search, read: Sequence[Any], best: int) -> list[Metric]:
    """Return how many were tried, and the best, median and worst of their figures."""
    figure, chosen = one.tuning.choose_by, read[best]
    n = len(read)
    found = [Metric(metric="tuning.trials", value=float(n), n=n, model=one.name)]
    k = {"precision": chosen["ranks"][0], "precision_at_capacity": chosen["ranks"][1]}.get(figure)
    about = {"n": k or chosen["rows"], "k": k, "model": one.name, "group": f"figure={figure}"}
    value = _published(chosen, figure)
    if value is not None:
        low, high = _spread(one, chosen, figure, value)
        found.append(Metric(metric="tuning.chosen", value=value, low=low, high=high, **about))
    values = [v for v in (_published(r, figure) for r in read) if v is not None]
    if values:
        worst = max(values) if figure in SMALLER else min(values)
        found.append(Metric(metric="tuning.median", value=float(median(values)), **about))
        found.append(Metric(metric="tuning.worst", value=worst, **about))
    return found


def _spread(
    one: Search, chosen: Any, figure: str, value: float
) -> tuple[float | None, float | None]:
    """Fit the chosen configuration again, and draw the people of the tuning part again."""
    _, ranking = one.ranked(chosen["settings"])
    seeded = stream(one.seed, "bootstrap", "tuning", one.name)
    ranks = (chosen["ranks"][0], chosen["ranks"][1])
    low, high = spread(ranking, ranks, figure, one.shop.study.spec.evaluation.draws, seeded)
    name = "precision" if figure == "precision_at_capacity" else figure
    n = ranks[figure == "precision_at_capacity"]
    least, most = interval(name, value, low, high, n)
    if figure in _AREAS:
        decimals = chosen["shown"]["decimals"]
        least, most = (None if x is None else round(x, decimals) for x in (least, most))
    return least, most


def _stopped(one: Search, tried: int) -> Finding:
    """Say whether time ran out before every configuration was tried."""
    code, wanted = "models.tuning-stopped", one.tuning.configurations
    if tried == wanted:
        message = f"All {tried:,} configurations were tried."
        return Finding(code=code, severity=Severity.PASS, message=message, where=one.name)
    message = (
        f"{tried:,} of {wanted:,} configurations were tried in {one.tuning.minutes:g} minutes: "
        "what was chosen depends on the machine, and another run may choose otherwise."
    )
    return Finding(code=code, severity=Severity.WARN, message=message, where=one.name)
