"""Configurations that rest on those tried before: Optuna's tree-structured Parzen estimator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from commonweal.core.errors import StudyError, problem
from commonweal.core.seeds import seed_for
from commonweal.models.space import Values, rounded, space_of, whole
from commonweal.models.spec import Tunable
from commonweal.models.tuning_spec import Range


def optuna() -> Any:
    """Import Optuna, which not everybody has.

    Raises
    ------
    StudyError
        If it is not installed.
    """
    try:
        import optuna as found
    except ImportError as error:
        what = "Optuna is not installed"
        mend = "pip install 'commonweal[optuna]', or use sampler = \"random\""
        raise problem(StudyError, "sampler", what, mend) from error
    found.logging.set_verbosity(found.logging.ERROR)
    return found


def suggested(
    spec: Tunable, seed: int, name: str, earlier: Sequence[tuple[Values, float]], larger: bool
) -> Values:
    """Return the next configuration; it follows from the seed and those before it alone.

    Parameters
    ----------
    spec
        The model's settings, its space among them.
    seed
        The study's seed.
    name
        Name of the model.
    earlier
        Configurations tried and their figures, in order.
    larger
        Whether a larger figure is better.
    """
    found = optuna()
    spread = {setting: _spread(found, spec, setting) for setting in space_of(spec)}
    sampler = found.samplers.TPESampler(
        seed=seed_for(seed, "optuna", name, str(len(earlier))), multivariate=False
    )
    search = found.create_study(direction="maximize" if larger else "minimize", sampler=sampler)
    for values, figure in earlier:
        if math.isfinite(figure):
            tried = _inside(spec, values)
            search.add_trial(
                found.trial.create_trial(params=tried, distributions=spread, value=figure)
            )
    asked = search.ask(fixed_distributions=spread).params
    return {setting: rounded(spec, setting, asked[setting]) for setting in spread}


def _inside(spec: Tunable, values: Values) -> dict[str, float]:
    """Return values that rounding may have put outside their range."""
    space, found = space_of(spec), dict(values)
    for setting, among in space.items():
        if isinstance(among, Range):
            found[setting] = min(max(found[setting], among.low), among.high)
    return found


def _spread(found: Any, spec: Tunable, setting: str) -> Any:
    among = space_of(spec)[setting]
    kinds = found.distributions
    if not isinstance(among, Range):
        return kinds.CategoricalDistribution([rounded(spec, setting, v) for v in among])
    if whole(spec, setting):
        return kinds.IntDistribution(int(among.low), int(among.high), log=among.log)
    return kinds.FloatDistribution(among.low, among.high, log=among.log)
