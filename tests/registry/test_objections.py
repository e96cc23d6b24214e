"""Objections in the read model and behind the client

- with joint holders: one's word binds no other, neither admission nor acceptance
- progress falls with its block, and what it superseded stands again
- what stands follows the chain at every step: the read model agrees with the contract
- the opening is rebuilt from the facts
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from registry.errors import NotAllowed, NotFound
from registry.facts import Block
from registry.hashes import from_hex
from registry.keys import Key
from registry.messages import ZERO, Message, party_of
from registry.objections import questions, review
from registry.objections.acts import (
    AcceptConclusion,
    CloseObjection,
    Conclude,
    Contest,
    NotifyHolder,
    Respond,
)
from registry.objections.cases import open_cases
from registry.rules.objections import Answer, Outcome, State
from tests.registry.procedure import FAR, World, world
from tests.registry.sandbox import REGISTRAR

PAPER = "0x" + "77" * 32


@pytest.fixture
def joint(tmp_path: Path) -> Iterator[World]:
    """A registration of two holders, of whom the second has another key by now."""
    with world(tmp_path) as found:
        found.attest(found.file(*found.two_holders()))
        found.follow()
        yield found


class Dispute:
    """An objection to the joint registration, told to its holders."""

    def __init__(self, joint: World) -> None:
        self.world = joint
        self.objector = Key.fresh()
        self.opening = Contest(
            objector=party_of(self.objector.address),
            registration=joint.registration,
            registrar=REGISTRAR,
            grounds=PAPER,
            deadline=FAR,
        )
        self.id = self.opening.digest(joint.deployment.domain("Objections"))
        first, second = joint.applicants
        self.holders = {party_of(first.address): first, party_of(second.address): joint.new_key}
        self.act(self.opening, self.objector)

    def act(self, message: Message, key: Key) -> None:
        witness = (self.opening,) if message.witness == "opening" else ()
        self.world.act(message, key, filings=witness)
        self.world.follow()

    @property
    def step(self) -> dict[str, Any]:
        return {"objection": self.id, "step": self.stands.step, "deadline": FAR}

    @property
    def stands(self) -> questions.Objection:
        with self.world.engine.connect() as connection:
            return questions.objection(connection, self.id)

    def officer(self, kind: Any, **more: Any) -> Message:
        who = self.world.approver if kind is CloseObjection else self.world.reviewer
        made: Message = kind(registrar=REGISTRAR, officer=who.address, **self.step, **more)
        return made

    def rule(self, kind: Any, **more: Any) -> None:
        who = self.world.approver if kind is CloseObjection else self.world.reviewer
        self.act(self.officer(kind, **more), who)

    def notify(self) -> None:
        until = self.world.chain.head().time + 60
        self.rule(NotifyHolder, notice=PAPER, until=until)

    def answer(self, party: str, answer: Answer) -> None:
        message = Respond(party=party, answer=int(answer), papers=ZERO, **self.step)
        self.act(message, self.holders[party])

    def accept(self, party: str, key: Key) -> None:
        self.act(AcceptConclusion(party=party, **self.step), key)

    def judge(self, kind: Any, **more: Any) -> None:
        """Raises: NotAllowed, NotFound."""
        with self.world.engine.connect() as connection:
            review.check(self.officer(kind, **more), connection, now=0)


class TestJointHolders:
    def test_are_not_bound_by_one_anothers_admission(self, joint: World) -> None:
        dispute = Dispute(joint)
        dispute.notify()
        first, second = dispute.holders
        dispute.answer(first, Answer.ADMITTED)
        assert dispute.stands.state is State.ADMITTED
        with pytest.raises(NotAllowed, match="every holder"):
            dispute.judge(CloseObjection, measure=dispute.id)
        until = joint.chain.head().time + 600
        dispute.judge(Conclude, outcome=1, decision=PAPER, until=until)
        dispute.answer(second, Answer.ADMITTED)
        dispute.judge(CloseObjection, measure=dispute.id)
        with pytest.raises(NotAllowed, match="acted upon"):
            dispute.judge(Conclude, outcome=1, decision=PAPER, until=until)

    def test_are_not_bound_by_one_anothers_acceptance(self, joint: World) -> None:
        dispute = Dispute(joint)
        dispute.notify()
        first, second = dispute.holders
        dispute.answer(first, Answer.CONTESTED)
        until = joint.chain.head().time + 60
        dispute.rule(Conclude, outcome=int(Outcome.UPHELD), decision=PAPER, until=until)
        dispute.accept(first, dispute.holders[first])
        dispute.accept(dispute.opening.objector, dispute.objector)
        assert dispute.stands.state is State.SETTLED
        joint.wait(120)
        with pytest.raises(NotAllowed, match="every holder"):
            dispute.judge(CloseObjection, measure=dispute.id)
        dispute.accept(second, dispute.holders[second])
        dispute.judge(CloseObjection, measure=dispute.id)
        with pytest.raises(NotFound, match="first do what follows"):
            dispute.judge(CloseObjection, measure=PAPER)


class TestReadModel:
    def test_agrees_with_the_contract_at_every_step(self, joint: World) -> None:
        dispute = Dispute(joint)
        first, second = dispute.holders

        def compare() -> None:
            address = joint.deployment.contracts["Objections"]
            state, step, registrar, outcome, _, changed, until = joint.chain.ask(
                "Objections", address, "objection", from_hex(dispute.id)
            )
            ours = dispute.stands
            assert (ours.state, ours.step, ours.registrar) == (state, step, registrar)
            assert (ours.outcome, ours.changed, ours.until or 0) == (outcome, changed, until)
            count = joint.chain.ask(
                "Objections", address, "openObjections", from_hex(joint.registration)
            )
            with joint.engine.connect() as connection:
                assert questions.is_disputed(connection, joint.registration) is (count > 0)

        compare()
        dispute.notify()
        compare()
        for party, answer in ((first, Answer.ADMITTED), (second, Answer.CONTESTED)):
            dispute.answer(party, answer)
            compare()
        until = joint.chain.head().time + 60
        dispute.rule(Conclude, outcome=int(Outcome.DISMISSED), decision=PAPER, until=until)
        compare()
        dispute.accept(second, dispute.holders[second])
        dispute.accept(dispute.opening.objector, dispute.objector)
        compare()
        dispute.rule(CloseObjection, measure=ZERO)
        compare()

    def test_forgets_a_change_with_its_block(self, joint: World) -> None:
        dispute = Dispute(joint)
        told_at = joint.chain.head().number + 1
        dispute.notify()
        with joint.engine.connect() as connection:
            assert open_cases(connection) == []
            connection.execute(delete(Block).where(Block.number >= told_at))
            assert questions.objection(connection, dispute.id).state is State.FILED
            assert len(questions.history(connection, dispute.id)) == 1
            assert [case.objection for case in open_cases(connection)] == [dispute.id]
            connection.execute(delete(Block).where(Block.number >= told_at - 1))
            assert not questions.is_disputed(connection, joint.registration)
            with pytest.raises(NotFound):
                questions.history(connection, dispute.id)

    def test_rebuilds_the_opening_from_the_facts(self, joint: World) -> None:
        dispute = Dispute(joint)
        with joint.engine.connect() as connection:
            assert questions.opening(connection, dispute.id) == dispute.opening
            with pytest.raises(NotFound):
                questions.opening(connection, PAPER)
