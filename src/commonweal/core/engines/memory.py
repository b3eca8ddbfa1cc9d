"""How much memory a database in this process may take before it goes to disk."""

from __future__ import annotations

import os
import re
from pathlib import Path

from commonweal.core.errors import StudyError, problem

MEMORY = "COMMONWEAL_MEMORY"
"""Environment variable: what DuckDB, or a local Spark, may take: ``8GB``."""
_GIB = 1024**3
_LEAST, _MOST = 1, 64
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_limit() -> int:
    """Return the limit in GiB: what is asked for, or half of the machine's, from 1 to 64.

    Raises
    ------
    StudyError
        If what is asked for is no number of gigabytes.
    """
    asked = os.environ.get(MEMORY, "").strip()
    if asked:
        found = re.fullmatch(r"([1-9][0-9]*) ?G(i?B)?", asked)
        if found is None:
            raise problem(StudyError, MEMORY, f"is {asked!r}", "write whole gigabytes, like 8GB")
        return int(found[1])
    return min(max(_machine() // (2 * _GIB), _LEAST), _MOST)


def _machine() -> int:
    """Return the bytes this process may ever have: the machine's, or its container's."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        allowed = _CONTAINER.read_text(encoding="ascii").strip()
    except OSError:
        return physical
    return min(physical, int(allowed)) if allowed.isdigit() else physical
