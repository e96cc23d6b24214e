"""Taking acts back over HTTP, before they were executed

- a signer takes back an act for any contract that executes acts; it is refused from then on
- what to sign names the contract that the act was for, under the one EIP-712 type Void
- a voiding for another contract than the act's says which one fits; a filing is withdrawn instead
- another's voiding takes nothing back
"""

from collections.abc import Callable

import pytest

from registry.casework.acts import Note
from registry.keys import Key
from registry.messages import Message, Void, VoidAtParties, VoidAtRights, party_of, voiding_at
from registry.objections.acts import Contest
from registry.parties import ReplaceKey
from registry.registrations.acts import Withdraw
from registry.rights.acts import Remark
from tests.registry.api.desk import Desk, refusal
from tests.registry.api.life import Life
from tests.registry.api.test_objections import Dispute
from tests.registry.sandbox import REGISTRAR

DESCRIPTION_EXAMINED = 4
PAPER = "0x" + "3d" * 32
Unsent = tuple[Message, tuple[Key, ...], dict[str, object]]


def a_withdrawal(desk: Desk, applicant: Key) -> Unsent:
    id = desk.file(applicant)
    message = Withdraw(
        party=party_of(applicant.address), registration=id, step=1, deadline=desk.soon()
    )
    return message, (applicant,), {}


def a_remark(desk: Desk, applicant: Key) -> Unsent:
    officer = desk.sandbox.staff.reviewer
    life = Life.begin(desk, applicant)
    message = Remark(
        registrar=REGISTRAR,
        officer=officer.address,
        right=life.right,
        step=0,
        kind=1,
        instrument=PAPER,
        rights=0,
        acts=0,
        until=desk.now() + 3600,
        deadline=desk.soon(),
    )
    return message, (officer,), {}


def a_note(desk: Desk, applicant: Key) -> Unsent:
    officer = desk.sandbox.staff.reviewer
    message = Note(
        registrar=REGISTRAR,
        officer=officer.address,
        subject=desk.file(applicant),
        serial=0,
        kind=DESCRIPTION_EXAMINED,
        document=PAPER,
        occurred=desk.now(),
        length=0,
        deadline=desk.soon(),
    )
    return message, (officer,), {}


def an_objection(desk: Desk, applicant: Key) -> Unsent:
    dispute = Dispute(desk, applicant, desk.attested(applicant))
    papers = dispute.papers()
    message = dispute.committed(dispute.opening(), papers)
    assert isinstance(message, Contest)
    return message, (dispute.objector,), {"papers": papers.model_dump(mode="json")}


def another_key(desk: Desk, applicant: Key) -> Unsent:
    new = Key.fresh()
    message = ReplaceKey(
        party=party_of(applicant.address), key=new.address, step=0, deadline=desk.soon()
    )
    return message, (applicant, new), {}


def voiding(desk: Desk, act: Message, signer: Key, contract: str | None = None) -> Void:
    return voiding_at(contract or act.contract)(
        act=desk.digest(act), signer=signer.address, deadline=desk.soon()
    )


@pytest.mark.parametrize("make", [a_withdrawal, a_remark, an_objection, a_note, another_key])
class TestVoid:
    def test_makes_the_act_impossible_wherever_it_is_executed(
        self, desk: Desk, applicant: Key, make: Callable[[Desk, Key], Unsent]
    ) -> None:
        act, keys, more = make(desk, applicant)
        desk.do(voiding(desk, act, keys[0]), keys[0])
        found = refusal(desk.send(act, *keys, **more), 409, "contract_refuses")
        assert found[0]["rule"] == "ActIsVoid"

    def test_by_another_takes_nothing_back(
        self, desk: Desk, applicant: Key, make: Callable[[Desk, Key], Unsent]
    ) -> None:
        stranger = Key.fresh()
        act, keys, more = make(desk, applicant)
        desk.do(voiding(desk, act, stranger), stranger)
        desk.do(act, *keys, **more)


class TestWhatToSign:
    def test_names_the_contract_under_one_type(self, desk: Desk) -> None:
        for kind in (Void, VoidAtRights, VoidAtParties):
            found = desk.http.get(f"/v1/messages/{kind.__name__}").json()
            assert found["primaryType"] == "Void"
            assert found["type_string"] == Void.type_string
            address = desk.house.deployment.contracts[kind.contract]
            assert found["domain"]["verifyingContract"] == address
            assert found["executed_by"] == f"{kind.contract}.void"

    def test_a_voiding_that_does_not_fit_says_which_one_does(
        self, desk: Desk, applicant: Key
    ) -> None:
        act, keys, more = another_key(desk, applicant)
        desk.do(act, *keys, **more)
        wrong = voiding(desk, act, applicant, "Registrations")
        found = refusal(desk.send(wrong, applicant), 422, "malformed")
        assert "VoidAtParties" in found[0]["detail"]

    def test_a_filing_is_withdrawn_instead(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        wrong = Void(act=id, signer=applicant.address, deadline=desk.soon())
        found = refusal(desk.send(wrong, applicant), 422, "malformed")
        assert "withdrawn" in found[0]["detail"]
