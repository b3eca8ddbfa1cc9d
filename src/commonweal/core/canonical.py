"""One spelling for every value, so that equal things have equal fingerprints."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from commonweal.core.dates import Period


def plain(value: object) -> object:
    """Turn dataclasses, dates, periods and tuples into JSON's own types.

    A float that is not a number or infinite becomes ``None``: JSON has no word for it.
    """
    if isinstance(value, Period):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"no canonical form for {type(value).__name__}")


def canonical_json(value: object) -> str:
    """Return `value` as JSON with sorted keys and no spaces."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def pretty_json(value: object) -> str:
    """Return `value` as indented JSON with sorted keys and a last newline."""
    return json.dumps(plain(value), sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def fingerprint(*parts: object) -> str:
    """SHA-256 of the canonical form of `parts`, in hexadecimal."""
    return hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
