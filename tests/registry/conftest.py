"""A chain and a registry on it for a whole module; tests that undo blocks make their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from registry.embedded import EmbeddedChain
    from tests.registry.commands import Command
    from tests.registry.exported import Exported
    from tests.registry.procedure import World
    from tests.registry.sandbox import Sandbox, Staff

# Imports stand inside: tests that need no chain need not wait for one to be imported.


@pytest.fixture(scope="module")
def staff() -> Staff:
    from tests.registry.sandbox import Staff

    return Staff()


@pytest.fixture(scope="module")
def chain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chain")


@pytest.fixture(scope="module")
def embedded_chain(chain_folder: Path, staff: Staff) -> Iterator[tuple[EmbeddedChain, str]]:
    """A node that mines what it is sent, with owner and relayer funded; and its URL."""
    from tests.registry.sandbox import embedded

    with embedded(chain_folder, staff.owner, staff.relayer) as pair:
        yield pair


@pytest.fixture(scope="module")
def chain_url(embedded_chain: tuple[EmbeddedChain, str]) -> str:
    return embedded_chain[1]


@pytest.fixture(scope="module")
def deployed(
    embedded_chain: tuple[EmbeddedChain, str], staff: Staff, chain_folder: Path
) -> Sandbox:
    """Registrar 990 with reviewer and approver, a checkpoint key, the profile SANDBOX."""
    from tests.registry.sandbox import deployed_on

    return deployed_on(*embedded_chain, staff, chain_folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A registry in which one joint filing is attested, and which has read all blocks."""
    from tests.registry.procedure import world

    with world(tmp_path_factory.mktemp("world")) as found:
        found.attest(found.file(*found.two_holders()))
        found.follow()
        yield found


@pytest.fixture(scope="module")
def exported(made: World) -> Exported:
    """Its bundle, which discloses the form."""
    from tests.registry.exported import export

    return export(made, "form")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, run in this process."""
    from registry import cli
    from tests.registry.commands import Said

    def run(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["registry", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run
