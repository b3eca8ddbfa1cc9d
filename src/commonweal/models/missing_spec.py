"""What a study declares about features that are missing: ``missing = { columns, by }``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSpec:
    """What a model sees where some features are missing, learned on training rows only.

    Models see what is missing as missing where nothing is declared.

    Parameters
    ----------
    columns
        Features that are filled: names, or patterns such as ``*rap*``.
    by
        ``typical``: the median of the known values, for categories the commonest one.
        ``model``: predicted from the features that are not filled, by boosted trees.
    """

    columns: tuple[str, ...]
    by: Literal["typical", "model"] = "typical"
