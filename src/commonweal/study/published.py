"""Figures and checks of a stage that measures: ``metrics.json`` and ``findings.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, write_json
from commonweal.study.examine.examined import Evaluated


def write_evaluated(folder: Path, metrics: Sequence[Metric], findings: Sequence[Finding]) -> None:
    """Write what a stage publishes; `evaluated` reads it."""
    write_json(folder / "metrics.json", [_stored(m) for m in metrics])
    write_json(folder / "findings.json", findings)


def _stored(metric: Metric) -> dict[str, Any]:
    return {f.name: getattr(metric, f.name) for f in fields(metric)}


def evaluated(artefact: Artefact) -> Evaluated:
    """Read what a stage published by `write_evaluated`."""
    metrics, findings = artefact.json("metrics.json"), artefact.json("findings.json")
    assert isinstance(metrics, list)
    assert isinstance(findings, list)
    return Evaluated(
        tuple(
            Metric(**{**m, "as_of": date.fromisoformat(m["as_of"]) if m["as_of"] else None})
            for m in metrics
        ),
        tuple(Finding(**{**f, "severity": Severity(f["severity"])}) for f in findings),
    )
