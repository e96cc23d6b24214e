"""A real house on a real chain for each module, and an applicant for each test."""

import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.house import House
from registry.keys import Key
from registry.settings import Settings
from tests.registry.api.desk import Desk
from tests.registry.sandbox import Sandbox


@pytest.fixture(scope="module")
def desk(deployed: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    chosen = Settings(data=tmp_path_factory.mktemp("house"), longest_deadline=10 * 86400)
    deployed.deployment.save(chosen.deployment)
    house = House.open(
        chosen,
        deployed.url,
        relay_key=deployed.staff.relayer.secret,
        checkpoint_key=deployed.staff.checkpointer.secret,
    )
    house.start()
    with TestClient(create_app(house), base_url="http://127.0.0.1") as http:
        deadline = time.monotonic() + 10
        while house.indexer.reach() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        yield Desk(http, house, deployed)
    house.close()


@pytest.fixture
def applicant() -> Key:
    return Key.fresh()
