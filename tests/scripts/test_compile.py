"""What compile.py promises about any tree of contracts.

Sources
├── are named alike wherever the checkout lies
├── take in what is imported, relative and from OpenZeppelin, and nothing else
└── refuse an import from anywhere else, and name one that is missing
Staleness
├── nothing to say about what was just written
├── sees an edited source, an edited artefact, a missing one, one too many
└── sees a folder whose writer died before the checksums
Artefacts
├── leave syntax tree ids out of storage layouts, but keep the lengths of arrays
└── refuse two stored types of one name
With a compiler
├── an artefact for contracts and for interfaces with events or errors, none for the rest
└── a warning about our own source is refused
"""

from pathlib import Path

import pytest

from scripts.compile import (
    PACKAGE,
    VENDOR,
    artefacts,
    canonical,
    inputs_hash,
    sha256,
    sources,
    staleness,
    standard_input,
    without_node_ids,
    write,
)
from scripts.solc import CompileFault
from tests.machine import solc_available

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n"
COUNTERS = f"""{HEAD}
import {{ICounters}} from "./interfaces/ICounters.sol";
import {{
    Context
}} from "@openzeppelin/contracts/utils/Context.sol";

contract Counters is ICounters, Context {{
    uint256 private immutable FIRST;
    uint256 public count;

    constructor(uint256 first) {{
        FIRST = first;
    }}

    function raise() external {{
        count += FIRST;
        emit Raised(_msgSender());
    }}
}}
"""
ICOUNTERS = f"""{HEAD}
interface ICounters {{
    event Raised(address sender);

    function raise() external;
}}
"""
CONTEXT = f"""{HEAD}
abstract contract Context {{
    function _msgSender() internal view returns (address) {{
        return msg.sender;
    }}
}}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with one contract, its interface, and one vendored source of two."""
    files = {
        "contracts/Counters.sol": COUNTERS,
        "contracts/interfaces/ICounters.sol": ICOUNTERS,
        (VENDOR / "utils/Context.sol").as_posix(): CONTEXT,
        (VENDOR / "utils/Unused.sol").as_posix(): HEAD,
        (VENDOR / "access/manager/AccessManager.sol").as_posix(): HEAD,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def write_unbuilt(tree: Path) -> None:
    """What `write` leaves behind, without asking a compiler."""
    data = standard_input(PACKAGE, tree)
    files = {"Counters.json": b"{}\n", "standard-input.json": data}
    sums = "".join(f"{sha256(content)}  {name}\n" for name, content in files.items())
    write(PACKAGE, files | {"SHA256SUMS": sums.encode()}, tree)


class TestSources:
    def test_takes_in_what_is_imported_and_nothing_else(self, tree: Path) -> None:
        assert set(sources(PACKAGE, tree)) == {
            "contracts/Counters.sol",
            "contracts/interfaces/ICounters.sol",
            "@openzeppelin/contracts/utils/Context.sol",
            "@openzeppelin/contracts/access/manager/AccessManager.sol",
        }

    def test_the_input_does_not_say_where_the_checkout_lies(self, tree: Path) -> None:
        before = inputs_hash(PACKAGE, tree)
        moved = tree.rename(tree.with_name("elsewhere"))
        assert inputs_hash(PACKAGE, moved) == before
        assert str(moved).encode() not in standard_input(PACKAGE, moved)

    def test_refuses_an_import_from_anywhere_else(self, tree: Path) -> None:
        (tree / "contracts/Bad.sol").write_text(f'{HEAD}import "forge-std/Test.sol";')
        with pytest.raises(CompileFault, match=r"forge-std/Test\.sol"):
            sources(PACKAGE, tree)

    def test_names_an_import_that_is_not_vendored(self, tree: Path) -> None:
        (tree / VENDOR / "utils/Context.sol").unlink()
        with pytest.raises(CompileFault, match=r"utils/Context\.sol.*--vendor"):
            sources(PACKAGE, tree)


class TestStaleness:
    def test_has_nothing_to_say_about_what_was_just_written(self, tree: Path) -> None:
        write_unbuilt(tree)
        assert staleness(PACKAGE, tree) == []

    def test_sees_an_edited_source(self, tree: Path) -> None:
        write_unbuilt(tree)
        with (tree / "contracts/Counters.sol").open("a") as source:
            source.write("// one more word\n")
        assert ["standard-input" in said for said in staleness(PACKAGE, tree)] == [True]

    def test_sees_an_edited_artefact(self, tree: Path) -> None:
        write_unbuilt(tree)
        (tree / PACKAGE.out / "Counters.json").write_text("[]\n")
        assert ["Counters.json" in said for said in staleness(PACKAGE, tree)] == [True]

    def test_sees_a_missing_artefact_and_one_too_many(self, tree: Path) -> None:
        write_unbuilt(tree)
        (tree / PACKAGE.out / "Counters.json").rename(tree / PACKAGE.out / "Others.json")
        assert len(staleness(PACKAGE, tree)) == 2

    def test_sees_a_folder_whose_writer_died_before_the_checksums(self, tree: Path) -> None:
        write_unbuilt(tree)
        (tree / PACKAGE.out / "SHA256SUMS").unlink()
        assert staleness(PACKAGE, tree) == ["registry/abi/SHA256SUMS: missing"]


class TestStorageLayout:
    def test_leaves_out_syntax_tree_ids_but_keeps_lengths_of_arrays(self) -> None:
        layout = {
            "storage": [{"astId": 7, "type": "t_mapping(t_bytes32,t_struct(Record)123_storage)"}],
            "types": {"t_array(t_enum(State)45)10_storage": {"astId": 8}},
        }
        assert without_node_ids(layout) == {
            "storage": [{"type": "t_mapping(t_bytes32,t_struct(Record)_storage)"}],
            "types": {"t_array(t_enum(State))10_storage": {}},
        }

    def test_refuses_two_stored_types_of_one_name(self) -> None:
        with pytest.raises(CompileFault, match="same name"):
            without_node_ids({"t_struct(A)1_storage": {}, "t_struct(A)2_storage": {}})


class TestCompiling:
    def test_writes_contracts_and_interfaces_with_events_and_no_other(self, tree: Path) -> None:
        solc_available()
        files = artefacts(standard_input(PACKAGE, tree))
        assert set(files) == {
            "Counters.json",
            "ICounters.json",
            "standard-input.json",
            "SHA256SUMS",
        }
        assert b'"FIRST": [' in files["Counters.json"]
        assert b'"bytecode": "0x"' in files["ICounters.json"]

    def test_refuses_a_warning_about_our_own_source(
        self, tree: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        solc_available()
        source = tree / "contracts/Counters.sol"
        source.write_text(COUNTERS.replace("count += FIRST;", "count += FIRST; uint256 idle;"))
        with pytest.raises(CompileFault, match="warnings count as errors"):
            artefacts(standard_input(PACKAGE, tree))
        assert "Warning: Unused local variable" in capsys.readouterr().err


def test_canonical_json_is_sorted_and_ends_its_last_line() -> None:
    assert canonical({"b": 1, "a": "权"}) == '{\n  "a": "权",\n  "b": 1\n}\n'.encode()
