"""What paper A publishes about its data (section 3, Table 1, section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from commonweal.core.dates import day_number

CASES = 904_896
"""Detainers of the final working sample."""
DUPLICATES, STILL_IMPRISONED, MISSING_SENTENCES = 0.171, 0.047, 0.096
CRIMES_A_CASE = 3_640_599 / CASES
DETAINED, DEPORTED, REARRESTED = 0.698, 0.631, 0.134
"""Shares of all; the last among the people who were not deported (section 3)."""
BEST_AUC = 0.786

STARTED, DRAWN = date(2008, 10, 1), date(2015, 12, 1)
"""Detainers span October 2008 to November 2015; that the tables were drawn on the day after is
a guess."""
START, END = day_number(STARTED), day_number(DRAWN)

AGE_MEAN, AGE_SD, MALE = 33.0, 9.0, 0.946
NATIONALITY: Mapping[str, float] = MappingProxyType(
    {
        "Africa": 0.014,
        "Asia": 0.028,
        "Caribbean": 0.046,
        "Central and South America": 0.031,
        "El Salvador": 0.047,
        "Europe": 0.012,
        "Guatemala": 0.057,
        "Honduras": 0.053,
        "Mexico": 0.707,
        "North America and Oceania": 0.005,
    }
)
STATE: Mapping[str, float] = MappingProxyType(
    {"CA": 0.248, "TX": 0.216, "AZ": 0.059, "FL": 0.049, "GA": 0.048, "NY": 0.041}
)
OTHER_STATES_BELOW = 0.03
FACILITY: Mapping[str, float] = MappingProxyType(
    {"county": 0.624, "federal": 0.135, "state": 0.120, "local": 0.093, "other": 0.028}
)
CATEGORY: Mapping[str, float] = MappingProxyType(
    {
        "general violence": 0.244,
        "fatal violence": 0.012,
        "sexual violence": 0.049,
        "property": 0.278,
        "drug": 0.290,
        "weapon": 0.093,
    }
)
THREE_CRIMES, FIVE_CRIMES = 0.396, 0.189
LEVEL: Mapping[str, float] = MappingProxyType(
    {"level 1": 0.355, "level 2": 0.186, "level 3": 0.319, "not convicted": 0.140}
)

BINS, PRISONS, INMATES_A_BIN = 9, 116, 14_988.89
"""12.88 prisons a bin (116 over nine) and 14,988.89 inmates a bin (section 5.2)."""
CUTOFFS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {"federal": (98.0, 179.0, 276.0), "state": (54.0, 105.0, 151.0)}
)
"""Miles to the nearest office that part the quartiles (Figure 2)."""
GAPS = (0.2548, 0.1478, 0.0991)
"""How much the detention rate of Q1 (nearest), Q2 and Q3 exceeds that of Q4."""
DISTANCE_AUC = 0.701
"""Detention predicted by distance alone (section 5.1)."""
RATE_FEDERAL, RATE_STATE = 0.1076, 0.1537
"""Level 1 crime rates under current decisions in federal and state prisons (Figure 4)."""
