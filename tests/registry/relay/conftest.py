"""The embedded chain for a module; an outbox and people for each test."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from registry.chain import Chain
from registry.keys import Key
from registry.outbox import Outbox
from tests.registry.local_chain import deploy
from tests.registry.relay.ground import Ground
from tests.registry.sandbox import embedded


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The embedded chain, which makes a block of each transaction at once."""
    key, folder = Key.fresh(), tmp_path_factory.mktemp("chain")
    with embedded(folder, key) as (_, url):
        chain = Chain(url)
        yield Ground(chain, deploy(chain, key.secret, folder), key.secret)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox.open(tmp_path / "outbox.db")
    yield outbox
    outbox.close()


@pytest.fixture
def holder() -> bytes:
    return token_bytes(32)


@pytest.fixture
def stranger() -> bytes:
    return token_bytes(32)
