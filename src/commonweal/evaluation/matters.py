"""What is asked about what matters, and about models that can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["boosted", "logistic", "ols", "scorecard"]
"""Kinds of model that are fitted on the features chosen."""
Strategy = Literal["boosted", "logistic", "scorecard", "tree", "cart", "count_rank"]
"""Kinds of model that are compared beside how much of them one must read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionSpec:
    """Which few features carry the most, and what models of these alone find.

    Parameters
    ----------
    features
        How many features are chosen, by stepwise residualization on the training rows, among
        those the headline model sees.
    sizes
        Models are fitted on the first so many of them.
    kinds
        Kinds of model that are fitted; of the headline model's kind, its settings are taken.
    sets
        Sets of features that the same is done for.
    """

    features: int = 50
    sizes: tuple[int, ...] = (5, 10, 20, 50)
    kinds: tuple[Kind, ...] = ("boosted", "ols")
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxiesSpec:
    """How well protected attributes can be guessed from what the headline model sees.

    Parameters
    ----------
    attributes
        Protected attributes that are guessed; all where none is named.
    warn_above
        AUC of guessing a group above which the report warns.
    """

    attributes: tuple[str, ...] = ()
    warn_above: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurveSpec:
    """What the headline model finds when it learns from fewer people.

    Parameters
    ----------
    fractions
        Shares of the people to learn from, ascending.
    repeats
        How often each share is drawn; a larger share of one draw holds the smaller ones.
    """

    fractions: tuple[float, ...] = (0.1, 0.2, 0.4, 0.7, 1.0)
    repeats: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpretabilitySpec:
    """What a model that can be read gives up: kinds of model on repeated splits of the people.

    Measured in every study, on training and validation dates alone.

    Parameters
    ----------
    kinds
        Kinds of model compared; the others are held against `boosted`, or against the first where
        it is not named. Settings are those of the headline model if it is of the kind, else of the
        first model declared of it, else the usual ones on the columns that the headline model
        sees. `cart` has those of `tree`. `count_rank` is compared where one is declared.
    splits
        How often the people are divided at random; 0: nothing is compared.
    rows
        Most rows used, of people drawn at random; fewer where rows by columns would be more than
        7 million numbers.
    """

    kinds: tuple[Strategy, ...] = (
        "boosted",
        "logistic",
        "scorecard",
        "tree",
        "cart",
        "count_rank",
    )
    splits: int = 5
    rows: int = 20_000
