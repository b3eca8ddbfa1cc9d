"""One picture of a run for a notebook: precision over cut-offs, every ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from commonweal.core.results import Metric


def precision_chart(metrics: Sequence[Metric], headline: str) -> alt.LayerChart:
    """Draw precision at every published cut-off of the last test date.

    Parameters
    ----------
    metrics
        Figures of a run.
    headline
        Model whose 95% interval is drawn.

    Returns
    -------
    altair.LayerChart
        A line a model and a band; ``save("x.svg")`` writes it without a network.
    """
    found = [m for m in metrics if m.metric == "precision" and m.whole]
    last = max((m.as_of for m in found if m.as_of), default=None)
    rows = [m.record() for m in found if m.as_of == last]
    x = alt.X("k:Q", title="people ranked first (k)", scale=alt.Scale(type="log"))
    colour, dash = alt.Color("model:N", title="model"), alt.StrokeDash("model:N", title="model")
    lines = _chart(rows).mark_line()
    lines = lines.encode(x=x, y=alt.Y("value:Q", title="precision"), color=colour, strokeDash=dash)
    banded = [row for row in rows if row["model"] == headline]
    band = _chart(banded).mark_area(opacity=0.2)
    shade = alt.Color("model:N", legend=None)
    band = band.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=shade)
    return alt.LayerChart(layer=[band, lines])


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    data: Any = alt.Data(values=rows)  # type: ignore[no-untyped-call]
    return alt.Chart(data)
