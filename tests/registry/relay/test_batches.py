"""Batches: transactions are cut by bytes and by gas, until a node takes them"""

from secrets import token_bytes

from sqlalchemy import select

from registry.hashes import to_hex
from registry.outbox import Outbox, attempts
from tests.registry.local_chain import filing
from tests.registry.relay.ground import Ground, assert_each_once, drain, now


class TestBatches:
    def test_cuts_transactions_by_bytes(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        outbox.receive(*(filing(ground.deployment, holder) for _ in range(12)))

        drain(ground.relay(outbox, batch_bytes=4000))

        with outbox.engine.connect() as connection:
            sizes = [len(row.raw) for row in connection.execute(select(attempts.c.raw))]
        assert max(sizes) <= 4000
        assert len(sizes) > 1

    def test_cuts_transactions_by_gas(self, ground: Ground, outbox: Outbox, holder: bytes) -> None:
        held = outbox.receive(*(filing(ground.deployment, holder) for _ in range(25)))

        drain(ground.relay(outbox, batch_gas=1_000_000))

        assert_each_once(ground, held)

    def test_a_transaction_that_no_node_takes_goes_in_smaller_ones(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        held = outbox.receive(*(filing(ground.deployment, holder) for _ in range(230)))

        drain(ground.relay(outbox, batch_acts=300, batch_bytes=400_000))

        assert_each_once(ground, held)
        with outbox.engine.connect() as connection:
            raws = connection.execute(select(attempts.c.raw)).scalars().all()
        assert max(map(len, raws)) > 131_072, "none was too large: the test tries nothing"

    def test_an_act_that_no_transaction_can_carry_is_given_up(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        huge = filing(ground.deployment, holder, signatures=(to_hex(token_bytes(140_000)),))
        sound = filing(ground.deployment, holder)
        outbox.receive(huge, sound)

        drain(ground.relay(outbox))

        found = now(outbox, huge)
        assert found.error is not None
        assert found.error.error == "TooLarge"
        assert_each_once(ground, [sound])
