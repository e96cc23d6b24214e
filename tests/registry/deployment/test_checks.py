"""What proves that a node holds a registry's contracts

Checking: refuses another chain id, genesis, hash function, unit of time; replaced or missing code
Rules: a chain that enacted other words than ours is not read on, nor opened again
Verifying: finds replaced code, a foreign immutable, a foreign source, a profile that is not ours, a
function that anyone may call
"""

from dataclasses import replace
from pathlib import Path

import pytest

from registry.chain import Chain
from registry.deployment import check, verify
from registry.deployment.blueprint import call_data, terms
from registry.deployment.building import administer, deploy
from registry.errors import Conflict, WrongChain, WrongRules
from registry.hashes import from_hex, keccak, to_hex
from registry.house import House
from registry.indexer import Step
from registry.keys import Key
from registry.rules import profiles
from registry.settings import Settings
from tests.machine import running_anvil
from tests.registry.sandbox import Sandbox, Staff


class TestCheck:
    def test_refuses_another_chain_id(self, deployed: Sandbox, url: str) -> None:
        check(deployed.chain, deployed.deployment)
        with pytest.raises(WrongChain, match=rf"expected {deployed.deployment.chain_id}, got"):
            check(Chain(url), deployed.deployment)

    def test_refuses_another_genesis_of_the_same_id(self, deployed: Sandbox, url: str) -> None:
        same_id = replace(deployed.deployment, chain_id=Chain(url).chain_id())
        with pytest.raises(WrongChain, match=rf"genesis: expected {same_id.genesis}, got 0x"):
            check(Chain(url), same_id)

    def test_refuses_a_chain_without_the_contracts(self, deployed: Sandbox, url: str) -> None:
        chain = Chain(url)
        genesis = chain.block(0)
        assert genesis is not None
        here = replace(deployed.deployment, chain_id=chain.chain_id(), genesis=genesis.hash)
        with pytest.raises(WrongChain, match=r"code of AccessManager: .* got no code"):
            check(chain, here)
        assert {each.got for each in verify(chain, here)} >= {"no code"}

    def test_refuses_an_evm_with_another_hash(
        self, node: str, rich_there: Staff, tmp_path: Path
    ) -> None:
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        # Answers every question with a zero word: like SM3, not the hash that we computed.
        stub = bytes.fromhex("60206000f3")
        chain.rpc("anvil_setCode", deployment.contracts["Rights"], to_hex(stub))
        hashes = deployment.code_hashes | {"Rights": to_hex(keccak(stub))}
        with pytest.raises(WrongChain, match="hash function of the EVM: expected 0x"):
            check(chain, replace(deployment, code_hashes=hashes))

    def test_refuses_a_clock_in_milliseconds(self, tmp_path: Path) -> None:
        staff = Staff()
        with (
            running_anvil("--timestamp=1795536000000", block_time=None) as url,
            pytest.raises(WrongChain, match="expected seconds, got milliseconds"),
        ):
            deploy(Chain(url), staff.owner, staff.plan(), tmp_path / "journal")
        assert not (tmp_path / "journal").exists()


class TestRules:
    @pytest.mark.parametrize(
        ("number", "why"),
        [
            (1, r"CN_NDA_2026 \(1\): the chain enacted 0x(11){32}, this package has 0x"),
            (3, "profile 3: the chain enacted 0x(11){32}, this package has no rules to file under"),
            (9, "profile 9: the chain enacted 0x(11){32}, this package has no rules to file under"),
        ],
    )
    def test_other_words_than_ours_stop_the_reading_and_the_next_start(
        self, url: str, fresh: Staff, tmp_path: Path, number: int, why: str
    ) -> None:
        chain = Chain(url)
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        chosen = Settings(data=tmp_path / "house")
        deployment.save(chosen.deployment)
        house = House.open(chosen, url)
        read_on(house)
        enact = (chain, deployment, fresh.owner, "Registrations", "enact")
        administer(*enact, number, b"\x11" * 32, terms(profiles.load("CN_NDA_2026")))
        with pytest.raises(WrongRules, match=why):
            read_on(house)
        house.close()
        with pytest.raises(WrongRules, match=why):
            House.open(chosen, url)


def read_on(house: House) -> None:
    """Until the newest block."""
    while house.follow_once() is not Step.NOTHING_NEW:
        pass


class TestVerify:
    def test_finds_a_foreign_source(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        chain, foreign = Chain(url), Key.fresh().address
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        administer(chain, deployment, fresh.owner, "Rights", "admitSource", foreign)
        (finding,) = verify(chain, deployment)
        assert finding.subject == "sources of Rights"
        assert foreign in finding.got
        administer(chain, deployment, fresh.owner, "Rights", "retireSource", foreign)
        assert verify(chain, deployment) == []

    def test_finds_profiles_that_are_not_ours(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        chain = Chain(url)
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        law = profiles.load("CN_NDA_2026")
        prefix, silence, notice, *rest = terms(law, fresh.relayer.address)
        version = from_hex(profiles.version_hash(law))
        enact = (chain, deployment, fresh.owner, "Registrations", "enact")
        administer(*enact, law.number, version, (prefix, silence, notice // 1000, *rest))
        administer(*enact, 4, bytes(32), terms(law))
        assert {each.subject for each in verify(chain, deployment)} == {
            f"terms of profile CN_NDA_2026 ({law.number})",
            f"gate of profile CN_NDA_2026 ({law.number})",
            "profile 4",
            # The sandbox announces a new key for seconds only: not where law is kept.
            "notice of Parties",
        }

    def test_finds_a_function_that_anyone_may_call(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        chain, everyone = Chain(url), 2**64 - 1
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        arguments = (
            deployment.contracts["Registrars"],
            [call_data("Registrars", "admit", 0)[:4]],
            everyone,
        )
        administer(
            chain, deployment, fresh.owner, "AccessManager", "setTargetFunctionRole", *arguments
        )
        (finding,) = verify(chain, deployment)
        assert (finding.subject, finding.got) == ("role of Registrars.admit", str(everyone))


class TestOnAnotherNode:
    def test_finds_replaced_code(self, node: str, rich_there: Staff, tmp_path: Path) -> None:
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        rights = deployment.contracts["Rights"]
        code = chain.code(rights)
        spoilt = code[:200] + bytes([code[200] ^ 1]) + code[201:]
        chain.rpc("anvil_setCode", rights, to_hex(spoilt))
        with pytest.raises(WrongChain, match="code of Rights"):
            check(chain, deployment)
        assert [each.got for each in verify(chain, deployment)][1:] == ["other code from byte 200"]
        with pytest.raises(Conflict, match="not the contract of this package"):
            deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")

    def test_finds_a_foreign_immutable(self, node: str, rich_there: Staff, tmp_path: Path) -> None:
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        address = deployment.contracts["Registrations"]
        ours, theirs = deployment.contracts["Rights"], deployment.contracts["Parties"]
        code = chain.code(address)
        chain.rpc("anvil_setCode", address, to_hex(code.replace(from_hex(ours), from_hex(theirs))))
        findings = verify(chain, deployment)
        assert [each.subject for each in findings] == [
            "the deployment's chain",
            "Registrations.rights()",
        ]
        assert findings[1].got == theirs
