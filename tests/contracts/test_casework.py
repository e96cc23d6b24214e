"""The files of cases.

Casework
├── note: by an officer of the case's registrar, in whatever state the case is; a registration or an objection
│   ├── the serial is the number of notes: no gap, no repetition, no second place for one act (I3)
│   ├── nothing lies ahead; the deadline has not passed; the signature is the officer's
│   └── a suspended registrar's officers enter nothing, a successor's do
├── report: by whoever issues it, without the registrar; the key is the party's of today
│   └── each issuer has a serial of its own, so that nobody can make another's pass
├── both are voided by their signer alone, and go through Batch
├── every entry is a fact: head and count follow from the logs (I4)
└── no entry changes a registration, a right or an objection
"""

from typing import Any

import pytest

from registry.hashes import from_hex
from registry.messages import ZERO, Void
from registry.parties import ReplaceKey
from registry.rules.objections import State as ObjectionState
from tests.contracts.casework import PAPER, note, report
from tests.contracts.disputes import in_state
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    REVIEWING,
    STRANGER,
    House,
    Wallet,
    commitment,
    replay,
)

NOWHERE = commitment(801)


def notes(house: House, subject: str) -> int:
    return int(house.ask("Casework", "notes", from_hex(subject)))


def reports(house: House, subject: str, issuer: str) -> int:
    return int(house.ask("Casework", "reports", from_hex(subject), from_hex(issuer)))


@pytest.fixture
def subject(house: House) -> str:
    return house.filed(ALICE)[1]


class TestNote:
    def test_says_who_noted_what_of_which_moment(self, house: House, subject: str) -> None:
        message = note(house, subject, occurred=house.now - DAY, length=7, kind=3)
        facts = house.act(message, REVIEWING)
        act = house.digest(message)
        assert [(fact.event, fact.members) for fact in facts] == [
            ("ActSigned", {"act": act, "signer": REVIEWING.address}),
            (
                "StepNoted",
                {
                    "subject": subject,
                    "act": act,
                    "registrar": REGISTRAR,
                    "officer": REVIEWING.address,
                    "serial": 0,
                    "kind": 3,
                    "document": PAPER,
                    "occurred": message.occurred,
                    "length": 7,
                },
            ),
        ]
        assert notes(house, subject) == 1

    def test_is_entered_in_every_state_and_changes_none(self, house: House) -> None:
        _, id = house.attested(ALICE)
        before = house.storage()
        house.act(note(house, id), REVIEWING)
        house.act(note(house, id, 1, officer=APPROVING.address), APPROVING)
        after = house.storage()
        assert {name for name in after if after[name] != before[name]} == {"Casework"}

    @pytest.mark.parametrize("state", [ObjectionState.NOTIFIED, ObjectionState.CLOSED])
    def test_is_of_an_objection_as_well(self, house: House, state: ObjectionState) -> None:
        case = in_state(house, state)
        house.act(note(house, case.id), REVIEWING)
        assert notes(house, case.id) == 1

    def test_is_entered_once_and_leaves_no_gap(self, house: House, subject: str) -> None:
        first = note(house, subject)
        house.act(first, REVIEWING)
        passed = Fault("SerialPassed", (subject, 1))
        assert house.refusal(first, REVIEWING) == passed
        assert house.refusal(note(house, subject, 2), REVIEWING) == passed
        house.act(note(house, subject, 1), REVIEWING)

    def test_needs_a_case(self, house: House) -> None:
        fault = Fault("NoSuchCase", (NOWHERE,))
        assert house.refusal(note(house, NOWHERE), REVIEWING) == fault

    @pytest.mark.parametrize("officer", [STRANGER, OTHER_REVIEWING, ALICE])
    def test_is_an_officers(self, house: House, subject: str, officer: Any) -> None:
        message = note(house, subject, officer=officer.address)
        fault = Fault("NotAnOfficer", (REGISTRAR, officer.address, 3))
        assert house.refusal(message, officer) == fault

    def test_is_of_a_case_of_that_registrar(self, house: House, subject: str) -> None:
        message = note(house, subject, registrar=OTHER_REGISTRAR, officer=OTHER_REVIEWING.address)
        fault = Fault("OtherRegistrar", (subject, OTHER_REGISTRAR))
        assert house.refusal(message, OTHER_REVIEWING) == fault

    def test_is_signed_by_the_officer_in_time(self, house: House, subject: str) -> None:
        message = note(house, subject)
        fault = Fault("SignatureRefused", (REVIEWING.address,))
        assert house.refusal(message, STRANGER) == fault
        late = note(house, subject, deadline=house.now - 1)
        assert house.refusal(late, REVIEWING) == Fault("DeadlinePassed", (late.deadline,))

    def test_is_of_no_moment_to_come(self, house: House, subject: str) -> None:
        ahead = note(house, subject, occurred=house.now + DAY)
        assert house.refusal(ahead, REVIEWING) == Fault("WrongMoment", (ahead.occurred,))

    def test_is_not_entered_while_the_registrar_is_suspended(
        self, house: House, subject: str
    ) -> None:
        house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        fault = Fault("NotAnOfficer", (REGISTRAR, REVIEWING.address, 3))
        assert house.refusal(note(house, subject), REVIEWING) == fault

    def test_is_entered_by_the_successor(self, house: House, subject: str) -> None:
        house.revoke("Registrars", "expel", REGISTRAR, bytes(32))
        house.grant(("Registrars", "handOver", REGISTRAR, OTHER_REGISTRAR, bytes(32), b"m" * 32))
        message = note(house, subject, officer=OTHER_REVIEWING.address)
        house.act(message, OTHER_REVIEWING)
        assert notes(house, subject) == 1


class TestReport:
    def test_is_its_issuers_alone(self, house: House, subject: str) -> None:
        message = report(house, subject)
        facts = house.act(message, CAROL)
        act = house.digest(message)
        assert [(fact.event, fact.members) for fact in facts] == [
            ("ActSigned", {"act": act, "signer": CAROL.address}),
            (
                "ReportEntered",
                {
                    "subject": subject,
                    "act": act,
                    "issuer": CAROL.party,
                    "serial": 0,
                    "kind": 1,
                    "document": PAPER,
                    "issued": message.issued,
                },
            ),
        ]

    def test_is_not_entered_by_the_registrar_in_anothers_name(
        self, house: House, subject: str
    ) -> None:
        fault = Fault("SignatureRefused", (CAROL.address,))
        assert house.refusal(report(house, subject), REVIEWING) == fault

    def test_counts_for_each_issuer_apart(self, house: House, subject: str) -> None:
        house.act(report(house, subject), CAROL)
        house.act(report(house, subject, issuer=BOB.party), BOB)
        house.act(report(house, subject, 1), CAROL)
        assert reports(house, subject, CAROL.party) == 2
        assert reports(house, subject, BOB.party) == 1
        assert notes(house, subject) == 0

    def test_is_entered_once(self, house: House, subject: str) -> None:
        message = report(house, subject)
        house.act(message, CAROL)
        assert house.refusal(message, CAROL) == Fault("SerialPassed", (subject, 1))

    def test_follows_the_issuers_key(self, house: House, subject: str) -> None:
        change = ReplaceKey(party=CAROL.party, key=BOB.address, step=0, deadline=house.now)
        house.act(change, CAROL, BOB)
        message = report(house, subject)
        assert house.refusal(message, CAROL) == Fault("SignatureRefused", (BOB.address,))
        house.act(message, BOB)

    def test_names_a_document_and_no_moment_to_come(self, house: House, subject: str) -> None:
        assert house.refusal(report(house, subject, document=ZERO), CAROL) == Fault("NoDocument")
        ahead = report(house, subject, issued=house.now + DAY)
        assert house.refusal(ahead, CAROL) == Fault("WrongMoment", (ahead.issued,))

    def test_needs_a_case(self, house: House) -> None:
        fault = Fault("NoSuchCase", (NOWHERE,))
        assert house.refusal(report(house, NOWHERE), CAROL) == fault

    def test_is_nobodys_without_a_signature(self, house: House, subject: str) -> None:
        nobody = Wallet("0x" + "00" * 20)
        message = report(house, subject, issuer=nobody.party)
        fault = Fault("SignatureRefused", (nobody.address,))
        assert house.refusal(message, nobody) == fault


class TestBoth:
    def test_are_voided_by_their_signer_before_they_are_entered(
        self, house: House, subject: str
    ) -> None:
        for message, signer in ((note(house, subject), REVIEWING), (report(house, subject), CAROL)):
            digest = house.digest(message)
            for voider in (STRANGER, signer):
                void = Void(act=digest, signer=voider.address, deadline=house.now)
                signature = from_hex(voider.sign(void.digest(house.domain("Casework"))))
                house.run("Casework", "void", void.abi_value(), signature)
            assert house.refusal(message, signer) == Fault("ActIsVoid", (digest,))

    def test_go_through_a_batch_in_their_order(self, house: House, subject: str) -> None:
        acts = [house.calldata(note(house, subject, n), REVIEWING) for n in (0, 1, 1)]
        acts.append(house.calldata(report(house, subject), CAROL))
        receipt = house.batch("Casework", acts)
        said = [fact.event for fact in house.facts(receipt) if fact.contract == "Casework"]
        assert said == ["ActSigned", "StepNoted"] * 2 + ["ActSigned", "ReportEntered"]
        assert notes(house, subject) == 2

    def test_give_head_and_count(self, house: House, subject: str) -> None:
        assert house.tip("Casework") == ("0x" + "00" * 24, 0)
        logs = house.send(note(house, subject), REVIEWING).logs
        logs += house.send(report(house, subject), CAROL).logs
        assert house.tip("Casework") == ("0x" + replay(bytes(24), list(logs)).hex(), len(logs))
