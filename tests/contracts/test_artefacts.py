"""The committed artefacts are those of the sources.

Artefacts
├── for each build: the committed input is today's input, and each artefact has its checksum
├── with a compiler: compiling again gives the same bytes
└── every contract that can be deployed has one, small enough for EIP-170 and EIP-3860
"""

import json

import pytest

from scripts.compile import (
    BUILDS,
    CODE_LIMIT,
    INITCODE_LIMIT,
    PACKAGE,
    ROOT,
    Build,
    artefacts,
    differences,
    staleness,
    standard_input,
)
from tests.machine import solc_available


def names(build: Build) -> str:
    return build.out.as_posix()


@pytest.mark.parametrize("build", BUILDS, ids=names)
def test_the_committed_input_is_that_of_the_sources(build: Build) -> None:
    assert staleness(build) == []


@pytest.mark.parametrize("build", BUILDS, ids=names)
def test_compiling_again_gives_the_same_bytes(build: Build) -> None:
    solc_available()
    assert differences(build, artefacts(standard_input(build))) == []


def test_every_contract_fits_the_limits_of_the_chain() -> None:
    deployable = 0
    for path in (ROOT / PACKAGE.out).glob("*.json"):
        made = json.loads(path.read_text(encoding="utf-8"))
        if made.get("bytecode", "0x") != "0x":
            deployable += 1
            assert len(made["deployedBytecode"]) // 2 - 1 <= CODE_LIMIT, path.stem
            assert len(made["bytecode"]) // 2 - 1 <= INITCODE_LIMIT, path.stem
    assert deployable > 0
