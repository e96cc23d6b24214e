"""The house

- imports run one way: each module knows only what lies below it
- one door a thing: web3 in chain, FastAPI in api, the environment in settings
- nouns know neither HTTP nor RPC
- names: no room is called a drawer
- no private key, no absolute path of a machine in the tree
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import ROOT

PACKAGE = ROOT / "registry"

# From the ground up. A module may import its own floor's neighbours and everything below.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "errors hashes settings logs verification abi",
        "rules signatures bodies",
        "database fingerprint tenancy",
        "messages documents keys",
        "facts",
        "parties registrars rights registrations objections casework bridge enclosures meanings notices "
        "reading directory timeline retention erasure",
        "chain embedded own_chain",
        "deployment checkpoints outbox transactions",
        "relay indexer certificates",
        "firsts",
        "intake envelopes audit client handover",
        "house",
        "api pages",
        "up demo",
        "cli",
    )
)
HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor}
NOUNS = set(FLOORS[5])
FORBIDDEN = re.compile(
    r"utils|helpers|common|misc|^core$|manager|handler|processor|service", re.IGNORECASE
)


def modules() -> list[Path]:
    return sorted(
        path
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" or path.parent != PACKAGE
    )


def room_of(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Dotted names of all that a file imports, lazily or not."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module == "registry":
                yield from (f"registry.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
class TestImports:
    def test_knows_only_what_lies_below(self, path: Path) -> None:
        room = room_of(path)
        assert room in HEIGHT, f"{room} has no floor in this house"
        for name in imports(path):
            if not name.startswith("registry.") or name == "registry.__version__":
                continue
            other = name.split(".")[1]
            assert HEIGHT[other] <= HEIGHT[room], f"{room} reaches up to {other}"

    def test_one_door_a_thing(self, path: Path) -> None:
        room = room_of(path)
        for name in imports(path):
            root = name.split(".")[0]
            assert root != "web3" or room == "chain"
            assert root != "fastapi" or room == "api"
            assert root != "starlette" or room in {"api", "pages", "embedded"}
            assert root not in {"eth", "eth_tester"} or room == "embedded"
        if room != "settings":
            read = re.search(r"\b(environ|getenv)\b", path.read_text())
            assert not read, f"{room} reads the environment"

    def test_nouns_know_neither_http_nor_rpc(self, path: Path) -> None:
        if room_of(path) in NOUNS:
            roots = {name.split(".")[0] for name in imports(path)}
            below = {name.split(".")[1] for name in imports(path) if name.startswith("registry.")}
            assert not roots & {"fastapi", "starlette", "httpx2", "requests", "web3"}
            assert not below & {"chain", "embedded"}


class TestNames:
    def test_no_room_is_a_drawer(self) -> None:
        for path in [*PACKAGE.rglob("*.py"), *(ROOT / "contracts").glob("*.sol")]:
            assert not FORBIDDEN.search(path.stem), path

    def test_no_class_is_a_drawer(self) -> None:
        for path in PACKAGE.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    assert not FORBIDDEN.search(node.name), f"{path}: {node.name}"

    def test_files_stay_short(self) -> None:
        for path in PACKAGE.rglob("*.py"):
            lines = len(path.read_text().splitlines())
            assert lines <= 420, f"{path}: {lines} lines"


class TestSecrets:
    def test_the_tree_holds_no_key_and_no_path_of_a_machine(self) -> None:
        kept = [
            path
            for folder in ("registry", "scripts", "tests", "docs", "contracts")
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".py", ".md", ".json", ".sol", ".lock", ".toml"}
            and "node_modules" not in path.parts
        ]
        key = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|\"ciphertext\"")
        for path in kept:
            text = path.read_text()
            assert not key.search(text) or path == Path(__file__), path
            assert "/work" + "/" not in text, path
