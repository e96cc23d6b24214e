"""One chain for the tests of a module, and on it people who have sent nothing yet."""

from collections.abc import Iterator

import pytest

from registry.chain import Chain
from tests.machine import running_anvil
from tests.registry.deployment.mortal import SENDS
from tests.registry.sandbox import WEALTH, Staff, embedded


@pytest.fixture(scope="module")
def teams() -> list[Staff]:
    return [Staff() for _ in range(2 * SENDS + 16)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, teams: list[Staff]) -> Iterator[str]:
    owners = [team.owner for team in teams]
    with embedded(tmp_path_factory.mktemp("chain"), *owners) as (_, url):
        yield url


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """Another make of node, with five blocks a second."""
    with running_anvil(block_time=0.2) as url:
        yield url


@pytest.fixture
def rich_there(node: str) -> Staff:
    staff = Staff()
    Chain(node).rpc("anvil_setBalance", staff.owner.address, hex(WEALTH))
    return staff


@pytest.fixture
def fresh(teams: list[Staff]) -> Staff:
    """People whose keys have sent nothing yet on the module's chain."""
    return teams.pop()
