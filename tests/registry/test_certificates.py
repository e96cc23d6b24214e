"""Certificates, bundles, trust files

A certificate
- says what the ledger says, and names data and holders from the form
- names nobody once the form is gone
- exists for an attested registration alone, and from its block on
- says whether its block is final

A bundle
- holds the messages, read back from the transactions, sent alone or in a batch, beside failed copies
- discloses what it was told to, and no more
- waits until the attestation is final
- without a checkpoint near takes the headers up to the next one; without any is not made
- is not made of a chain that was rewritten below a checkpoint

A proof of a receipt
- is made of receipts of every transaction type
- is not made when receipts and header differ

A trust file
- gives officers, checkpoint keys and suspensions their periods
- is not made of another chain
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from registry import certificates
from registry.certificates.receipts import ReceiptTrie
from registry.chain import Chain
from registry.checkpoints import Checkpoints
from registry.database import open_sqlite
from registry.embedded import EmbeddedChain, serve
from registry.errors import Mismatch, NotFound, Unavailable, WrongChain
from registry.hashes import canonical, content_hash
from registry.indexer import Indexer, Step
from registry.keys import Key
from registry.messages import party_of
from registry.rules import profiles
from registry.verification import evidence, verify
from tests.registry.procedure import World, world
from tests.registry.sandbox import REGISTRAR


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def certificate_of(made: World, at: int | None = None) -> dict[str, Any]:
    with made.engine.connect() as connection:
        return certificates.certificate(
            connection, made.documents, made.registration, deployment=made.deployment, at=at
        )


def bundle_of(
    made: World,
    *disclose: certificates.Disclosure,
    checkpoints: Checkpoints | None = None,
) -> dict[str, Any]:
    with made.engine.connect() as connection:
        return certificates.bundle(
            made.chain,
            made.deployment,
            connection,
            made.documents,
            checkpoints or made.checkpoints,
            made.registration,
            disclose=disclose,
        )


def trust_of(made: World) -> dict[str, Any]:
    with made.engine.connect() as connection:
        return certificates.trust_file(made.chain, made.deployment, connection)


class TestACertificate:
    def test_says_what_the_ledger_says(self, made: World) -> None:
        said = certificate_of(made)
        head = made.chain.head()
        profile = profiles.load("SANDBOX")
        assert said["code"].startswith("XX990")
        assert said["registrar"] == REGISTRAR
        assert said["profile"] == {
            "number": profile.number,
            "name": "SANDBOX",
            "version": profiles.version_hash(profile),
        }
        first, second = made.applicants
        assert [
            (each["holder"], [end["right"] for end in each["ends"]]) for each in said["rights"]
        ] == [
            (party_of(first.address), ["HOLD", "USE", "OPERATE"]),
            (party_of(second.address), ["HOLD", "USE"]),
        ]
        assert {end["expiry"] for each in said["rights"] for end in each["ends"]} == {
            said["expiry"]
        }
        assert said["described"]["name"] == "2025年全国城市轨道交通客运量"
        assert said["described"]["holders"] == ["示范1公司（虚构）", "示范2公司（虚构）"]
        assert said["described"]["restrictions"] == "不得转售"
        assert said["described"]["limits"] == [
            {"until": "2028-12-31", "text": "仅限用途1"},
            {"until": "2028-12-30", "text": "仅限用途2"},
        ]
        assert said["national"] == {"publication": None, "attestation": None}
        assert "completes on the national system" in said["legal"]["en"]
        assert said["as_of"] == {"block": head.number, "hash": head.hash, "final": True}
        assert said["since"] == head.time

    def test_repeats_nothing_of_the_form_but_names_and_limits(self, made: World) -> None:
        assert "phone" not in canonical(certificate_of(made)).decode()

    def test_exists_for_an_attested_registration_alone_and_from_its_block_on(
        self, made: World
    ) -> None:
        attested = made.chain.head().number
        with pytest.raises(NotFound, match="not attested"):
            certificate_of(made, attested - 1)
        with pytest.raises(NotFound, match="no registration"):
            certificate_of(made, attested - 7)

    def test_names_nobody_without_the_form_and_the_bundle_still_holds(
        self, made: World, tmp_path: Path
    ) -> None:
        kept, made.documents = made.documents, type(made.documents).open(tmp_path / "empty")
        try:
            assert certificate_of(made)["described"] is None
            found = {c.name: c.verdict for c in verify(bundle_of(made), trust_of(made)).claims}
            assert found["certificate"] == "established"
            with pytest.raises(NotFound):
                bundle_of(made, "data")
        finally:
            made.documents = kept


class TestABundle:
    def test_is_the_same_from_acts_sent_alone(self, fresh: World) -> None:
        fresh.batches = False
        fresh.attest(fresh.file(*fresh.two_holders()))
        fresh.follow()
        report = verify(bundle_of(fresh, "form"), trust_of(fresh))
        assert report.exit_code == 0
        assert [c.name for c in report.claims if c.verdict != "established"] == ["standing", "law"]

    def test_is_not_fooled_by_a_copy_that_failed_beside_the_act_that_counted(
        self, fresh: World
    ) -> None:
        fresh.copies = True
        fresh.attest(fresh.file(*fresh.two_holders()))
        fresh.follow()
        report = verify(bundle_of(fresh, "form"), trust_of(fresh))
        assert [c.name for c in report.claims if c.verdict != "established"] == ["standing", "law"]

    def test_discloses_what_it_was_told_to(self, made: World) -> None:
        form = made.documents.form(made.documents.opening(made.registration).form)
        assert bundle_of(made)["opening"] is None
        assert bundle_of(made, "data")["opening"] == {
            "salt": made.salt,
            "fingerprint": made.fingerprint,
            "form_hash": content_hash(form),
            "form": None,
        }
        assert canonical(bundle_of(made, "form")["opening"]["form"]) == form

    def test_waits_until_the_attestation_is_final(self, made: World, tmp_path: Path) -> None:
        kept, made.engine = made.engine, open_sqlite(tmp_path / "read.db", durable=False)
        try:
            indexer = Indexer(made.chain, made.deployment, made.engine, finality=2)
            while indexer.step() is not Step.NOTHING_NEW:
                pass
            assert certificate_of(made)["as_of"]["final"] is False
            with pytest.raises(Unavailable, match="not final"):
                bundle_of(made)
        finally:
            made.engine = kept

    def test_without_a_key_takes_headers_up_to_the_next_checkpoint(
        self, made: World, tmp_path: Path
    ) -> None:
        domain = made.deployment.domain("Registrars")
        path = tmp_path / "checkpoints.db"
        keyless = Checkpoints.open(path, None, domain)
        with pytest.raises(Unavailable, match="no checkpoint covers"):
            bundle_of(made, checkpoints=keyless)
        signing = Checkpoints.open(path, made.checkpointer.secret, domain)
        signing.sign_final(made.chain.head())
        found = bundle_of(made, checkpoints=keyless)
        first = evidence.header(found["blocks"][0]["header"])
        assert len(found["blocks"][0]["descendants"]) == made.chain.head().number - first.number
        assert verify(found, trust_of(made)).exit_code == 0
        keyless.close()
        signing.close()

    def test_is_not_made_of_a_rewritten_chain(self, fresh: World) -> None:
        fresh.file(*fresh.two_holders())
        snapshot = fresh.node.request("evm_snapshot")
        fresh.wait(10)
        fresh.administer("Registrars", "admit", 111)
        signed = fresh.checkpoints.sign_final(fresh.chain.head())
        assert signed is not None
        fresh.node.request("evm_revert", [snapshot])
        fresh.administer("Registrars", "admit", 222)
        assert fresh.chain.head().number == signed.number
        with pytest.raises(Mismatch, match=signed.hash):
            fresh.checkpoints.sign_final(fresh.chain.head())

    def test_speaks_as_of_the_newest_checkpoint(self, fresh: World) -> None:
        fresh.attest(fresh.file(*fresh.two_holders()))
        attested = fresh.chain.head()
        fresh.follow()
        fresh.checkpoints.sign_final(attested)
        fresh.administer("Registrars", "admit", 111)
        fresh.follow()
        assert bundle_of(fresh)["certificate"]["as_of"]["block"] == attested.number
        newest = fresh.chain.head()
        fresh.checkpoints.sign_final(newest)
        found = bundle_of(fresh)
        assert found["certificate"]["as_of"]["block"] == newest.number
        assert verify(found, trust_of(fresh)).exit_code == 0


class TestAProofOfAReceipt:
    def test_is_made_of_receipts_of_every_type(self, tmp_path: Path) -> None:
        sender = Key.fresh()
        funded = {sender.address: 10**21}
        with (
            EmbeddedChain.open(
                tmp_path / "chain.db", funded=funded, interval=None, controls=True
            ) as node,
            serve(node) as url,
        ):
            chain = Chain(url)
            to = Key.fresh().address
            base = {"chainId": node.chain_id, "gas": 100_000, "value": 1, "to": to}
            dynamic = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 0}
            given = Account.sign_authorization(
                {"chainId": node.chain_id, "address": Key.fresh().address, "nonce": 0},
                Key.fresh().secret,
            )
            kinds: list[dict[str, Any]] = [
                base | {"gasPrice": 10**10},
                base | {"gasPrice": 10**10, "accessList": [], "type": 1},
                base | dynamic,
                base | dynamic | {"authorizationList": [given], "type": 4},
            ]
            for nonce, fields in enumerate(kinds):
                signed = Account.sign_transaction(fields | {"nonce": nonce}, sender.secret)
                chain.send(bytes(signed.raw_transaction))
            node.request("evm_mine")
            block = chain.head()
            receipts = chain.receipts(block)
            assert sorted(receipt["type"] for receipt in receipts) == ["0x0", "0x1", "0x2", "0x4"]
            trie = ReceiptTrie(chain, block)
            root = bytes.fromhex(block.raw["receiptsRoot"][2:])
            for place in range(4):
                proven = evidence.prove(root, place, trie.proof(place))
                kind = int(receipts[place]["type"], 16)
                assert proven[0] == kind if kind else proven[0] >= 0xC0

    def test_is_not_made_when_receipts_and_header_differ(self, made: World) -> None:
        head = made.chain.head()
        doctored = replace(head, raw=head.raw | {"receiptsRoot": "0x" + "11" * 32})
        with pytest.raises(Unavailable, match="make the root"):
            ReceiptTrie(made.chain, doctored)


class TestATrustFile:
    def test_gives_everybody_their_periods(self, fresh: World) -> None:
        start = fresh.chain.head().number
        officer = fresh.reviewer.address
        instrument = b"\x01" * 32
        fresh.administer("Registrars", "appoint", REGISTRAR, officer, 3)
        fresh.administer("Registrars", "dismiss", REGISTRAR, officer)
        fresh.administer("Registrars", "suspend", REGISTRAR, instrument)
        fresh.administer("Registrars", "resume", REGISTRAR, instrument)
        fresh.administer("Registrars", "suspend", REGISTRAR, instrument)
        fresh.administer("Registrars", "retire", fresh.checkpointer.address)
        fresh.follow()
        trust = trust_of(fresh)
        registrar = trust["registrars"][str(REGISTRAR)]
        mine = [
            (each["roles"], each["until"])
            for each in registrar["officers"]
            if each["key"] == officer
        ]
        assert mine == [(1, start + 1), (3, start + 2)]
        assert registrar["suspensions"] == [
            {"since": start + 3, "until": start + 4},
            {"since": start + 5, "until": None},
        ]
        assert [each["until"] for each in trust["checkpoint_keys"]] == [start + 6]

    def test_is_not_made_of_another_chain(self, made: World) -> None:
        other = replace(made.deployment, genesis="0x" + "11" * 32)
        with made.engine.connect() as connection, pytest.raises(WrongChain):
            certificates.trust_file(made.chain, other, connection)
