"""A house that was built once, and a fork of it for every test."""

import pytest

from tests.contracts.house import House


@pytest.fixture(scope="session")
def built() -> House:
    return House.build()


@pytest.fixture
def house(built: House) -> House:
    """Two registrars, their officers, two profiles; nothing filed."""
    return built.fork()
