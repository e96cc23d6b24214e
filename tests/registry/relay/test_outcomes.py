"""What becomes of an act

- refused: the reason, for as long as the act stays executable; never for its neighbours, never for
  want of gas, never for what is already done, never for want of an act that came earlier
- already done: the traces of acts of every contract are looked for
"""

import time
from pathlib import Path
from secrets import token_bytes

from sqlalchemy import select, update

from registry.facts import SIGNED
from registry.hashes import to_hex
from registry.messages import act_types, party_of, voiding_at
from registry.outbox import Outbox, State, Submission, attempts, submissions
from registry.registrations.acts import INITIAL, Accept, Claim, File, Withdraw
from registry.signatures import sign
from tests.registry.local_chain import address_of, filing
from tests.registry.relay.ground import (
    HOUR,
    Ground,
    act_of,
    assert_each_once,
    drain,
    filing_signed_by,
    now,
)


def joint_filing(ground: Ground, keys: list[bytes]) -> tuple[File, Submission]:
    keys = sorted(keys, key=lambda key: party_of(address_of(key)))
    message = File(
        claims=tuple(Claim(party=party_of(address_of(key)), rights=3) for key in keys),
        data=to_hex(token_bytes(32)),
        registrar=1,
        profile=1,
        kind=INITIAL,
        deadline=int(time.time()) + HOUR,
    )
    digest = message.digest(ground.deployment.domain("Registrations"))
    signatures = tuple(sign(digest, key) for key in keys)
    return message, Submission.of(message, signatures, deployment=ground.deployment)


def withdrawal(ground: Ground, file: File, key: bytes, *, step: int) -> Submission:
    message = Withdraw(
        party=party_of(address_of(key)),
        registration=file.digest(ground.deployment.domain("Registrations")),
        step=step,
        deadline=int(time.time()) + HOUR,
    )
    return act_of(ground, message, key, file)


def filing_of_wallet(ground: Ground, wallet: str) -> Submission:
    file = File(
        claims=(Claim(party=wallet, rights=1),),
        data=to_hex(token_bytes(32)),
        registrar=1,
        profile=1,
        kind=INITIAL,
        deadline=int(time.time()) + HOUR,
    )
    return act_of(ground, file, token_bytes(32))


class TestRefused:
    def test_says_why_and_the_neighbours_stand(
        self, ground: Ground, outbox: Outbox, holder: bytes, stranger: bytes
    ) -> None:
        sound = [filing(ground.deployment, holder) for _ in range(4)]
        forged = filing(ground.deployment, holder)
        forged = filing_signed_by(ground, forged, stranger)
        outbox.receive(*sound[:2], forged, *sound[2:])

        drain(ground.relay(outbox))

        found = now(outbox, forged)
        assert found.state is State.REJECTED
        assert found.error is not None
        assert found.error.error == "SignatureRefused"
        assert found.error.arguments["signer"].lower() == address_of(holder).lower()
        assert found.error.executable_until == forged.deadline
        assert_each_once(ground, sound)

    def test_what_another_brought_is_not_refused(
        self, ground: Ground, outbox: Outbox, tmp_path: Path, holder: bytes
    ) -> None:
        act = filing(ground.deployment, holder)
        other = Outbox.open(tmp_path / "other.db")
        other.receive(act)
        drain(ground.relay(other))
        outbox.receive(act)

        drain(ground.relay(outbox))

        found = now(outbox, act)
        assert found.state is State.FINAL
        assert found.transaction == now(other, act).transaction
        assert_each_once(ground, [act])
        other.close()

    def test_a_filing_withdrawn_beforehand_was_never_filed(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        file, act = joint_filing(ground, [holder])
        outbox.receive(withdrawal(ground, file, holder, step=0), act)

        drain(ground.relay(outbox))

        found = now(outbox, act)
        assert found.state is State.REJECTED
        assert found.error is not None
        assert found.error.error == "AlreadyFiled"

    def test_one_whose_time_is_over_is_not_sent(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        past = ground.chain.head().time - 1
        (held,) = outbox.receive(filing(ground.deployment, holder, deadline=past))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        assert found.error is not None
        assert found.error.error == "DeadlinePassed"
        assert found.transaction is None

    def test_one_whose_time_is_over_counts_if_it_was_done_in_time(
        self, ground: Ground, outbox: Outbox, tmp_path: Path, holder: bytes
    ) -> None:
        act = filing(ground.deployment, holder, deadline=ground.chain.head().time + 60)
        other = Outbox.open(tmp_path / "other.db")
        other.receive(act)
        drain(ground.relay(other))
        outbox.receive(act)
        snapshot = ground.chain.rpc("evm_snapshot")
        ground.chain.rpc("evm_increaseTime", 120)
        ground.chain.rpc("evm_mine")

        drain(ground.relay(outbox))

        assert now(outbox, act).state is State.FINAL
        assert ground.chain.rpc("evm_revert", snapshot)
        other.close()

    def test_no_officer_no_acceptance(
        self, ground: Ground, outbox: Outbox, stranger: bytes
    ) -> None:
        message = Accept(
            registrar=1,
            officer=address_of(stranger),
            registrations=(to_hex(token_bytes(32)),),
            steps=(1,),
            deadline=int(time.time()) + HOUR,
        )
        (held,) = outbox.receive(act_of(ground, message, stranger))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        assert found.error is not None
        assert found.error.error == "NotAnOfficer"

    def test_an_act_that_overtook_what_it_needs_is_run_again(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        early, _ = joint_filing(ground, [holder])
        late, act = joint_filing(ground, [holder, *(token_bytes(32) for _ in range(4))])
        # The joint filing needs a limit of its own, so that the second withdrawal goes with the first.
        held = outbox.receive(
            withdrawal(ground, early, holder, step=0), act, withdrawal(ground, late, holder, step=1)
        )

        drain(ground.relay(outbox))

        assert [now(outbox, each).state for each in held] == [State.FINAL] * 3

    def test_what_ran_out_of_gas_is_run_again_with_more(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        (held,) = outbox.receive(filing(ground.deployment, holder))
        with outbox.writing() as connection:
            connection.execute(update(submissions).values(gas=30_000))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        assert found.state is State.FINAL
        assert found.attempts == 1

    def test_wallets_that_burn_all_gas_do_not_take_their_neighbours_along(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        # PUSH4 <loop> PUSH1 0 MSTORE, RETURN its four bytes; the loop: JUMPDEST PUSH1 0 JUMP.
        receipt = ground.send("0x", bytes.fromhex("635b600056600052" + "6004601cf3"))
        wallet = party_of(receipt["contractAddress"])
        burning = [filing_of_wallet(ground, wallet) for _ in range(20)]
        sound = [filing(ground.deployment, holder) for _ in range(5)]
        outbox.receive(*burning, *sound)

        drain(ground.relay(outbox))

        assert {now(outbox, each).state for each in burning} == {State.REJECTED}
        assert_each_once(ground, sound)
        with outbox.engine.connect() as connection:
            hashes = connection.execute(select(attempts.c.transaction)).scalars().all()
        statuses = [(ground.chain.receipt(each) or {})["status"] for each in hashes]
        assert "0x0" in statuses, "no transaction failed whole: the test tries nothing"


def test_acts_of_every_contract_are_looked_for() -> None:
    assert set(SIGNED) == {kind.contract for kind in act_types().values()}
    assert {voiding_at(contract).contract for contract in SIGNED} == set(SIGNED)
