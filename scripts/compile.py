"""Compile contracts/ into the artefacts that the package and the tests carry.

    compile.py            compile what has changed since the artefacts were written
    compile.py --check    compile again and compare with the committed artefacts, byte by byte
    compile.py --vendor   refresh contracts/vendor from scripts/node_modules, then compile
    compile.py --sizes    also print the code sizes

Everything but the compiling itself needs the standard library alone. All sources are embedded in
the standard-JSON input under logical names: the metadata hash, and with it the bytecode, contains
them, so a path of one machine must never reach the compiler.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if not __package__:
    sys.path[0] = str(ROOT)  # not scripts/, whose names would hide others

from scripts.solc import SOLC, CompileFault, compile_input  # noqa: E402

SETTINGS: dict[str, Any] = {
    "evmVersion": "paris",
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": True,
    "metadata": {"bytecodeHash": "ipfs"},
}
OUTPUTS = [
    "abi",
    "metadata",
    "storageLayout",
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.methodIdentifiers",
]
OPENZEPPELIN = "@openzeppelin/contracts/"
VENDOR = Path("contracts/vendor/openzeppelin")
NPM_OPENZEPPELIN = Path("scripts/node_modules/@openzeppelin/contracts")
CODE_LIMIT, INITCODE_LIMIT = 24_576, 49_152  # EIP-170, EIP-3860

IMPORT = re.compile(r"""^\s*import\b(?:[^"';]*\bfrom\b)?\s*["']([^"']+)["']""", re.MULTILINE)
# Syntax tree ids change with every edit anywhere; t_array(...)5 is a length and must stay.
NODE_ID = re.compile(r"(t_(?:struct|enum|contract|userDefinedValueType)\([^()]*\))\d+")


@dataclass(frozen=True)
class Build:
    """One standard-JSON input and the folder of what comes out of it.

    `files` are globs below contracts/; `foreign` are imports of which an artefact is wanted too.
    """

    out: Path
    files: tuple[str, ...]
    foreign: tuple[str, ...] = ()


PACKAGE = Build(
    out=Path("registry/abi"),
    files=("*.sol", "types/**/*.sol", "interfaces/**/*.sol", "gates/**/*.sol"),
    foreign=(f"{OPENZEPPELIN}access/manager/AccessManager.sol",),
)
MOCKS = Build(out=Path("tests/contracts/abi"), files=("test/**/*.sol",))
BUILDS = (PACKAGE, MOCKS)


# --- the input ----------------------------------------------------------------------------------


def own_files(build: Build, root: Path = ROOT) -> list[str]:
    """Logical names of the build's own sources, sorted."""
    base = root / "contracts"
    found = {path for glob in build.files for path in base.glob(glob)}
    return sorted(path.relative_to(root).as_posix() for path in found)


def resolve(name: str, importer: str) -> str:
    """The logical name of what `importer` imports as `name`."""
    if not name.startswith("."):
        return name
    parts: list[str] = []
    for part in (PurePosixPath(importer).parent / name).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def read(name: str, root: Path, openzeppelin: Path) -> str:
    if name.startswith(OPENZEPPELIN):
        path = root / openzeppelin / name.removeprefix(OPENZEPPELIN)
    elif name.startswith("contracts/"):
        path = root / name
    else:
        raise CompileFault(f"{name}: only contracts/ and {OPENZEPPELIN} can be imported")
    if not path.is_file():
        advice = "; run scripts/compile.py --vendor" if name.startswith(OPENZEPPELIN) else ""
        raise CompileFault(f"{name}: no such source{advice}")
    return path.read_text(encoding="utf-8")


def sources(build: Build, root: Path = ROOT, *, openzeppelin: Path = VENDOR) -> dict[str, str]:
    """Logical name → text of the build's files and of all that they import."""
    own = own_files(build, root)
    waiting = own + list(build.foreign if own else ())
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = read(name, root, openzeppelin)
            waiting += [resolve(path, name) for path in IMPORT.findall(found[name])]
    return found


def standard_input(build: Build, root: Path = ROOT) -> bytes:
    """The canonical standard-JSON input."""
    wanted = {name: {"*": OUTPUTS, "": ["ast"]} for name in own_files(build, root)}
    wanted |= {name: {PurePosixPath(name).stem: OUTPUTS, "": ["ast"]} for name in build.foreign}
    return canonical(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources(build, root).items()},
            "settings": SETTINGS | {"outputSelection": wanted},
        }
    )


def inputs_hash(build: Build = PACKAGE, root: Path = ROOT) -> str:
    """SHA-256 of the canonical input, as the sources stand now."""
    return sha256(standard_input(build, root))


def canonical(value: Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- the artefacts ------------------------------------------------------------------------------


def artefacts(data: bytes) -> dict[str, bytes]:
    """File name → bytes of everything that one input compiles to, checksums included."""
    asked = json.loads(data)["settings"]["outputSelection"]
    output = compile_input(data) if asked else {}
    kinds, names = declarations(output)
    files = {"standard-input.json": data}
    for source, contracts in sorted(output.get("contracts", {}).items()):
        for name, contract in sorted(contracts.items()):
            if "evm" not in contract or not is_wanted(kinds[source, name], contract):
                continue
            if f"{name}.json" in files:
                raise CompileFault(f"{name}: two contracts bear this name")
            files[f"{name}.json"] = canonical(artefact(name, source, contract, names))
    if asked:
        sums = [f"{sha256(content)}  {name}\n" for name, content in sorted(files.items())]
        return files | {"SHA256SUMS": "".join(sums).encode()}
    return {}


def is_wanted(kind: str, contract: dict[str, Any]) -> bool:
    if kind == "interface":
        return any(entry["type"] in ("event", "error") for entry in contract["abi"])
    return kind == "contract"


def declarations(output: dict[str, Any]) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """(source, contract) → kind, and syntax tree id → name of each variable of a contract."""
    kinds: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for source, entry in output.get("sources", {}).items():
        for node in entry.get("ast", {}).get("nodes", []):
            if node["nodeType"] != "ContractDefinition":
                continue
            kinds[source, node["name"]] = "abstract" if node["abstract"] else node["contractKind"]
    for entry in output.get("sources", {}).values():
        collect_variables(entry.get("ast", {}), names)
    return kinds, names


def collect_variables(node: Any, names: dict[str, str]) -> None:
    if isinstance(node, list):
        for child in node:
            collect_variables(child, names)
    elif isinstance(node, dict):
        if node.get("nodeType") == "VariableDeclaration" and node.get("stateVariable"):
            names[str(node["id"])] = node["name"]
        for child in node.values():
            if isinstance(child, (dict, list)):
                collect_variables(child, names)


def artefact(
    name: str, source: str, contract: dict[str, Any], names: dict[str, str]
) -> dict[str, Any]:
    evm = contract["evm"]
    if evm["bytecode"]["linkReferences"]:
        raise CompileFault(f"{name}: has libraries to link; make their functions internal")
    metadata = json.loads(contract["metadata"]) if contract["metadata"] else {}
    immutables: dict[str, list[dict[str, int]]] = {}
    for node, places in evm["deployedBytecode"].get("immutableReferences", {}).items():
        immutables.setdefault(names.get(node, node), []).extend(places)
    return {
        "name": name,
        "source": source,
        "abi": contract["abi"],
        "bytecode": "0x" + evm["bytecode"]["object"],
        "deployedBytecode": "0x" + evm["deployedBytecode"]["object"],
        "immutableReferences": {
            key: sorted(places, key=lambda place: place["start"])
            for key, places in immutables.items()
        },
        "methodIdentifiers": evm["methodIdentifiers"],
        "storageLayout": without_node_ids(contract.get("storageLayout", {})),
        "solc": metadata.get("compiler", {}).get("version", SOLC),
        "settings": SETTINGS,
    }


def without_node_ids(value: Any) -> Any:
    if isinstance(value, str):
        return NODE_ID.sub(r"\1", value)
    if isinstance(value, list):
        return [without_node_ids(item) for item in value]
    if isinstance(value, dict):
        plain = {NODE_ID.sub(r"\1", k): v for k, v in value.items() if k != "astId"}
        if len(plain) != len(value) - ("astId" in value):
            raise CompileFault("two stored types bear the same name; rename one")
        return {key: without_node_ids(item) for key, item in plain.items()}
    return value


def differences(build: Build, expected: dict[str, bytes], root: Path = ROOT) -> list[str]:
    """Where the committed folder departs from `expected`, one sentence each."""
    out = root / build.out
    committed = {path.name: path.read_bytes() for path in out.glob("*") if path.is_file()}
    committed.pop("__init__.py", None)
    said = [f"{build.out / n}: missing" for n in sorted(expected.keys() - committed.keys())]
    said += [f"{build.out / n}: not built" for n in sorted(committed.keys() - expected.keys())]
    both = sorted(expected.keys() & committed.keys())
    return said + [f"{build.out / n}: differs" for n in both if expected[n] != committed[n]]


def staleness(build: Build, root: Path = ROOT) -> list[str]:
    """Why the committed artefacts cannot be those of the sources, found without a compiler.

    Compares the input, and each artefact with its checksum. Empty when nothing speaks against them.
    """
    out = root / build.out
    data = standard_input(build, root)
    if not json.loads(data)["settings"]["outputSelection"]:
        return differences(build, {}, root)
    try:
        lines = (out / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return [f"{build.out / 'SHA256SUMS'}: missing"]
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    present = {path.name: path for path in out.glob("*.json")}
    said = [f"{build.out / n}: not both there and summed" for n in sorted(present.keys() ^ sums)]
    for name in sorted(present.keys() & sums):
        if sha256(present[name].read_bytes()) != sums[name]:
            said.append(f"{build.out / name}: not what its checksum says")
    if sums.get("standard-input.json") != sha256(data):
        said.append(f"{build.out / 'standard-input.json'}: not the input of today's sources")
    return said


def write(build: Build, files: dict[str, bytes], root: Path = ROOT) -> None:
    """The checksums come last: killed before that, the folder counts as stale."""
    out = root / build.out
    out.mkdir(parents=True, exist_ok=True)
    for path in out.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, content in sorted(files.items(), key=lambda item: item[0] == "SHA256SUMS"):
        draft = out / f".{name}.draft"
        draft.write_bytes(content)
        os.replace(draft, out / name)


def vendor(root: Path = ROOT) -> None:
    """Copy the OpenZeppelin sources that are imported, and no other, from npm's package."""
    package = root / NPM_OPENZEPPELIN
    if not package.is_dir():
        raise CompileFault(f"{NPM_OPENZEPPELIN}: missing; run npm install in scripts/")
    needed = {
        root / VENDOR / name.removeprefix(OPENZEPPELIN): text
        for build in BUILDS
        for name, text in sources(build, root, openzeppelin=NPM_OPENZEPPELIN).items()
        if name.startswith(OPENZEPPELIN)
    }
    for path in (root / VENDOR).rglob("*.sol"):
        if path not in needed:
            path.unlink()
    for path, text in needed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    (root / VENDOR / "VERSION").write_text(f"{version}\n", encoding="utf-8", newline="\n")


def print_sizes(root: Path = ROOT) -> None:
    print(f"{'contract':<20}{'code':>8}{'left':>8}{'initcode':>10}{'left':>8}")
    for path in sorted((root / PACKAGE.out).glob("*.json")):
        made = json.loads(path.read_text(encoding="utf-8"))
        code, init = (len(made.get(key, "0x")) // 2 - 1 for key in ("deployedBytecode", "bytecode"))
        if code:
            left = CODE_LIMIT - code, INITCODE_LIMIT - init
            print(f"{path.stem:<20}{code:>8}{left[0]:>8}{init:>10}{left[1]:>8}")


def run(arguments: argparse.Namespace) -> int:
    if arguments.vendor:
        vendor()
    status = 0
    for build in BUILDS:
        if arguments.check:
            faults = differences(build, artefacts(standard_input(build)))
            print("\n".join(faults) or f"{build.out}: byte-identical", file=sys.stderr)
            status = status or int(bool(faults))
        elif arguments.force or staleness(build):
            files = artefacts(standard_input(build))
            if files:
                write(build, files)
            print(f"{build.out}: {len(files)} files written", file=sys.stderr)
        else:
            print(f"{build.out}: up to date", file=sys.stderr)
    if arguments.sizes:
        print_sizes()
    return status


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="compile.py", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with a fresh compilation")
    parser.add_argument("--force", action="store_true", help="compile even what is up to date")
    parser.add_argument("--vendor", action="store_true", help="refresh contracts/vendor first")
    parser.add_argument("--sizes", action="store_true", help="print the code sizes")
    try:
        return run(parser.parse_args())
    except CompileFault as fault:
        print(f"compile: {fault}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
