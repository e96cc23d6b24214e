"""The embedded chain for a module; an outbox and people for each test."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from registry.chain import Chain
from registry.embedded import EmbeddedChain, serve
from registry.outbox import Outbox
from tests.registry.local_chain import address_of, deploy
from tests.registry.relay.ground import WEALTH, Ground


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The embedded chain, which makes a block of each transaction at once."""
    key = token_bytes(32)
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    funded = {address_of(key): WEALTH}
    with (
        EmbeddedChain.open(path, funded=funded, interval=0, controls=True) as embedded,
        serve(embedded) as url,
    ):
        chain = Chain(url)
        yield Ground(chain, deploy(chain, key), key)


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
