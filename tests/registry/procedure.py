"""A registry on a chain of its own, in which one joint filing has gone all the way to attestation."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from sqlalchemy import Engine

from registry.checkpoints import Checkpoints
from registry.database import open_sqlite
from registry.deployment.blueprint import call_data
from registry.documents import Documents, Opening
from registry.hashes import canonical, from_hex, to_hex
from registry.indexer import Indexer
from registry.keys import Key
from registry.messages import ZERO, Message, party_of
from registry.parties import ReplaceKey
from registry.registrations.acts import (
    INITIAL,
    Accept,
    Attest,
    Claim,
    File,
    Object,
    Publish,
    Resolve,
    commitment,
)
from registry.rules import profiles
from tests.registry.sandbox import REGISTRAR, Sandbox, Staff, deployed_on, embedded

FAR = 2**39
ANY_SIGNATURE = "0xc0de"
# A contract account that accepts whatever it is asked (ERC-1271): it answers 0x1626ba7e.
ACCEPTS_ALL = "631626ba7e60e01b60005260206000f3"


@dataclass(frozen=True)
class Holder:
    """An applicant; without a key its account is a contract, which accepts any signature."""

    party: str
    rights: int
    key: Key | None


class World:
    """One registry with its people. Transactions are mined as they are sent."""

    def __init__(self, sandbox: Sandbox, folder: Path, rules: str = profiles.DEMO) -> None:
        self.rules = profiles.load(rules)
        self.node, self.chain, self.deployment = sandbox.node, sandbox.chain, sandbox.deployment
        self.owner, self.checkpointer = sandbox.staff.owner, sandbox.staff.checkpointer
        self.reviewer, self.approver = sandbox.staff.reviewer, sandbox.staff.approver
        applicants = (Key.fresh(), Key.fresh())
        self.applicants = tuple(sorted(applicants, key=lambda key: party_of(key.address)))
        self.objectors, self.new_key = (Key.fresh(), Key.fresh()), Key.fresh()
        self.engine: Engine = open_sqlite(folder / "read.db", durable=False)
        self.indexer = Indexer(self.chain, self.deployment, self.engine)
        self.documents = Documents.open(folder / "documents")
        self.checkpoints = Checkpoints.open(
            folder / "checkpoints.db",
            self.checkpointer.secret,
            self.deployment.domain("Registrars"),
        )
        self.salt, self.fingerprint = (to_hex(secrets.token_bytes(32)) for _ in range(2))
        self.registration = ZERO
        # How acts are sent: in a Batch or alone; beside copies with a stranger's signatures.
        self.batches, self.copies = True, False

    def send(self, to: str | None, data: bytes) -> dict[str, Any]:
        """A transaction of the owner's, mined; its receipt."""
        signed = Account.sign_transaction(
            {
                "chainId": self.node.chain_id,
                "nonce": self.chain.nonce(self.owner.address),
                "gas": 15_000_000,
                "maxFeePerGas": 10**10,
                "maxPriorityFeePerGas": 0,
                "data": data,
                "value": 0,
                **({} if to is None else {"to": to}),
            },
            self.owner.secret,
        )
        receipt = self.chain.receipt(self.chain.send(bytes(signed.raw_transaction)))
        assert receipt is not None
        assert int(receipt["status"], 16) == 1, "the transaction reverted"
        return receipt

    def contract_account(self) -> str:
        """The party of a contract account that accepts any signature."""
        code = bytes.fromhex(ACCEPTS_ALL)
        # Returns the bytes that follow these eleven.
        maker = bytes([0x60, len(code), 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xF3])
        return party_of(self.send(None, maker + code)["contractAddress"])

    def two_holders(self) -> tuple[Holder, Holder]:
        """Both applicants; the second one has a new key behind its party."""
        first, second = self.applicants
        self.replace_key(second, self.new_key)
        return (
            Holder(party_of(first.address), 7, first),
            Holder(party_of(second.address), 3, self.new_key),
        )

    def administer(self, contract: str, function: str, *arguments: Any) -> None:
        """A call that only the owner may make."""
        self.send(self.deployment.contracts[contract], call_data(contract, function, *arguments))

    def act(self, message: Message, *signed: Key | str, filings: tuple[Message, ...] = ()) -> None:
        """Executes an act in a Batch, signed by keys or with signatures that were made before."""
        digest = message.digest(self.deployment.domain(message.contract))
        signatures = (each if isinstance(each, str) else each.sign(digest) for each in signed)
        call = message.calldata(tuple(signatures), filings)
        target = self.deployment.contracts[message.contract]
        if not self.batches:
            self.send(target, call)
            return
        calls = [call]
        if self.copies:
            wrong = tuple(Key.fresh().sign(digest) for _ in signed)
            calls = [message.calldata(wrong, filings), call, message.calldata(wrong, filings)]
        batch = self.deployment.contracts["Batch"]
        receipt = self.send(batch, call_data("Batch", "run", target, 3_000_000, calls))
        faults = [log["data"] for log in receipt["logs"] if log["address"] == batch.lower()]
        assert len(faults) == len(calls) - 1, faults

    def close(self) -> None:
        self.documents.close()
        self.checkpoints.close()
        self.engine.dispose()

    def wait(self, seconds: int) -> None:
        """Moves the chain's clock."""
        self.node.request("evm_increaseTime", [seconds])

    def follow(self) -> None:
        """Reads all blocks, and signs a checkpoint for each, as they are final here."""
        while True:
            self.indexer.step()
            reach = self.indexer.reach()
            assert reach is not None
            if reach.number == self.chain.head().number:
                return

    def replace_key(self, key: Key, by: Key) -> None:
        """Another key behind a party, in a transaction of its own."""
        message = ReplaceKey(party=party_of(key.address), key=by.address, step=0, deadline=FAR)
        digest = message.digest(self.deployment.domain("Parties"))
        self.administer(
            "Parties",
            "replaceKey",
            message.abi_value(),
            [from_hex(each.sign(digest)) for each in (key, by)],
        )

    def file(self, *holders: Holder) -> File:
        """A filing of these holders, ascending by party, with its papers kept."""
        form = self.documents.put_form(canonical(self.form(*holders)))
        contract = self.deployment.contracts["Registrations"]
        message = File(
            claims=tuple(Claim(party=each.party, rights=each.rights) for each in holders),
            data=commitment(
                salt=self.salt,
                fingerprint=self.fingerprint,
                form=form,
                parties=tuple(each.party for each in holders),
                chain_id=self.deployment.chain_id,
                registrations=contract,
            ),
            registrar=REGISTRAR,
            profile=self.rules.number,
            kind=INITIAL,
            deadline=FAR,
        )
        self.registration = message.digest(self.deployment.domain("Registrations"))
        self.act(
            message,
            *(each.key.sign(self.registration) if each.key else ANY_SIGNATURE for each in holders),
        )
        self.documents.keep_opening(
            Opening(
                registration=self.registration,
                data=message.data,
                salt=self.salt,
                fingerprint_root=self.fingerprint,
                form=form,
                parties=message.parties(),
            )
        )
        return message

    def form(self, *holders: Holder) -> dict[str, Any]:
        """The members of a form that a certificate repeats, and one that it does not."""
        return {
            "applicants": [
                {
                    "party": each.party,
                    "name": f"示范{place}公司（虚构）",
                    "phone": "-",
                    "claim": {"until": f"2028-12-3{place % 2}", "limits": f"仅限用途{place}"},
                }
                for place, each in enumerate(holders, 1)
            ],
            "data": {
                "name": "2025年全国城市轨道交通客运量",
                "volume": "12",
                "restrictions": "不得转售",
            },
        }

    def attest(self, filing: File) -> None:
        """Accepts, publishes, dismisses two objections in one act and attests; two seconds of notice pass."""
        many: dict[str, Any] = {
            "registrar": REGISTRAR,
            "registrations": (self.registration,),
            "deadline": FAR,
        }
        none: dict[str, Any] = {"receipt": ZERO, "effective": 0, "profile": filing.profile}
        self.act(Accept(officer=self.reviewer.address, steps=(1,), **many), self.reviewer)
        until = self.chain.head().time + 60
        publish = Publish(officer=self.reviewer.address, steps=(2,), until=until, **none, **many)
        self.act(publish, self.reviewer)
        for objector in self.objectors:
            objection = Object(
                objector=party_of(objector.address),
                registration=self.registration,
                serial=0,
                grounds=to_hex(secrets.token_bytes(32)),
                deadline=FAR,
            )
            self.act(objection, objector)
        resolve = Resolve(
            registrar=REGISTRAR,
            officer=self.reviewer.address,
            registration=self.registration,
            objectors=tuple(party_of(each.address) for each in self.objectors),
            serials=(0, 0),
            outcome=1,
            decision=to_hex(secrets.token_bytes(32)),
            deadline=FAR,
        )
        self.act(resolve, self.reviewer)
        self.wait(120)
        expiry = self.chain.head().time + 1_000_000
        attest = Attest(officer=self.approver.address, steps=(7,), expiry=expiry, **none, **many)
        self.act(attest, self.approver, filings=(filing,))


@contextmanager
def world(folder: Path, rules: str = profiles.DEMO) -> Iterator[World]:
    """A registry with its rules enacted and nothing filed yet."""
    staff = Staff()
    with embedded(folder, staff.owner) as (node, url):
        made = World(deployed_on(node, url, staff, folder, rules=rules), folder, rules)
        yield made
        made.close()
