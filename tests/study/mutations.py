"""The catalogue of harmful mutations: kind -> a seeded function that damages a copy."""

from __future__ import annotations

from study import harm_csv_cells, harm_files, harm_settings, harm_typed
from study.harm import CATALOGUE, Told
from study.harm_settings import SETTINGS, Change

PARTS = (harm_csv_cells, harm_files, harm_typed, harm_settings)
"""Importing them fills the catalogue."""

__all__ = ["CATALOGUE", "PARTS", "SETTINGS", "Change", "Told"]
