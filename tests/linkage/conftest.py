"""A city whose records are linked, and the truth about it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from commonweal.linkage.link import Linkage, link_records
from commonweal.linkage.spec import LinkageSpec, TrustedId
from commonweal.simulate.world import simulate
from linkage.city import COLUMNS, City, city_of
from linkage.made import HELD, PEOPLE, population


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The records of 20,000 people of the violence-prevention world, and whose they are."""
    folder = tmp_path_factory.mktemp("city") / "world"
    simulate("violence-prevention", folder, 20_000, knobs=None)
    return city_of(folder)


@pytest.fixture(scope="session")
def linked(city: City) -> Linkage:
    """The city's records, linked."""
    return link_records(city.records, city.spec, COLUMNS)


@pytest.fixture(scope="session")
def village() -> pa.Table:
    """Records of 700 people, a trusted id on half of them."""
    return population(700, seed=5)


@pytest.fixture(scope="session")
def small(village: pa.Table) -> Linkage:
    """The village's records, linked."""
    spec = LinkageSpec(fields=PEOPLE, trusted_id=TrustedId(column="id"))
    return link_records(village, spec, HELD)
