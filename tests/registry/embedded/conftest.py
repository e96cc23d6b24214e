"""An embedded chain for each test, and who has ether on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from registry.embedded import EmbeddedChain
from tests.registry.embedded.signer import ETHER, Signer


@pytest.fixture(scope="module")
def holder_account() -> LocalAccount:
    account: LocalAccount = Account.create()
    return account


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chain" / "chain.db"


@pytest.fixture
def chain(path: Path, holder_account: LocalAccount) -> Iterator[EmbeddedChain]:
    funded: dict[str, int] = {holder_account.address: 1000 * ETHER}
    with EmbeddedChain.open(path, funded=funded, interval=0, controls=True) as opened:
        yield opened


@pytest.fixture
def patient(path: Path, holder_account: LocalAccount) -> Iterator[EmbeddedChain]:
    """A chain that mines only when told to."""
    funded: dict[str, int] = {holder_account.address: 1000 * ETHER}
    with EmbeddedChain.open(path, funded=funded, interval=None, controls=True) as opened:
        yield opened


@pytest.fixture
def holder(request: pytest.FixtureRequest, holder_account: LocalAccount) -> Signer:
    which = "patient" if "patient" in request.fixturenames else "chain"
    return Signer(request.getfixturevalue(which), holder_account)


@pytest.fixture
def stranger(chain: EmbeddedChain) -> Signer:
    """Someone without ether."""
    return Signer(chain, Account.create())
