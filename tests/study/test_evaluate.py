"""Whether the headline model finds more: what the finding says of paired differences."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from commonweal.core.results import Finding, Metric, Severity
from commonweal.study.evaluate import _beaten

Differences = dict[str, tuple[float, float, float]]


def spec(*models: str) -> Any:
    return SimpleNamespace(
        evaluation=SimpleNamespace(headline="fine"), capacity=SimpleNamespace(k=100),
        models=dict.fromkeys(("fine", *models)),
    )  # fmt: skip


def found(differences: Differences, *models: str, k: int = 100) -> Finding:
    metrics = [
        Metric(metric="difference.precision", value=value, low=low, high=high, n=k, k=k,
               model="fine", against=other)
        for other, (value, low, high) in differences.items()
    ]  # fmt: skip
    own = [Metric(metric="precision", value=v, n=100, k=100, model=m)
           for m, v in (("fine", 0.3), ("rough", 0.4))]  # fmt: skip
    return _beaten([*own, *metrics], spec(*(models or differences)))


def test_more_than_every_other_passes() -> None:
    said = found({"a": (0.1, 0.02, 0.2), "b": (0.2, 0.1, 0.3)})
    assert said.severity == Severity.PASS
    assert "fine finds more than each ranking compared: a (precision at 100 +10.0" in said.message


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ((0.05, -0.01, 0.11), "it cannot be told apart from b"),
        ((0.05, 0.0, 0.11), "it cannot be told apart from b"),
        ((-0.1, -0.2, -0.01), "it finds fewer than b"),
        ((0.0, 0.0, 0.0), "it finds as many as b"),
    ],
)
def test_an_interval_that_reaches_0_warns_in_words(
    difference: tuple[float, float, float], words: str
) -> None:
    said = found({"a": (0.1, 0.02, 0.2), "b": difference})
    assert said.severity == Severity.WARN
    assert words in said.message
    assert f"95% interval {100 * difference[1]:+.1f} to {100 * difference[2]:+.1f}" in said.message
    assert "It finds more than a" in said.message


def test_rankings_that_may_not_be_compared_are_named() -> None:
    said = found({"a": (0.1, 0.02, 0.2)}, "a", "hidden")
    assert said.severity == Severity.PASS
    assert said.message.endswith("Not compared, because it may not be shown: hidden.")


def test_far_from_capacity_the_figures_at_capacity_count() -> None:
    assert found({"rough": (0.1, 0.02, 0.2)}, k=125).severity == Severity.PASS
    far = found({"rough": (0.1, 0.02, 0.2)}, k=126)
    assert far.severity == Severity.WARN
    assert "Precision at capacity (100): fine 30.0%, rough 40.0%." in far.message
