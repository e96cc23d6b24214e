"""The plan of a deployment

- says its steps before anything is sent
- refuses numbers, roles and gates that there are not
"""

import pytest

from registry.deployment.blueprint import CONTRACTS
from registry.deployment.steps import plan
from registry.errors import Malformed
from registry.keys import Key
from registry.rules import profiles
from registry.rules.key_notice import key_notice
from tests.registry.sandbox import Staff


class TestPlan:
    def test_says_its_steps(self) -> None:
        steps = Staff().plan(grant_delay=3600).steps()
        notice = f" (notice of {key_notice().sandbox.seconds} s)"
        created = [f"create {name}{notice if name == 'Parties' else ''}" for name in CONTRACTS]
        assert steps[: len(CONTRACTS)] == created
        assert "Registrars.admit(990) (scheduled, 3600 s later)" in steps

    def test_announces_a_new_key_as_long_as_the_rules_ask(self) -> None:
        owner = Key.fresh().address
        law, sandbox = profiles.load("CN_NDA_2026"), profiles.load("SANDBOX")
        table = key_notice()
        assert plan(owner, rules=[sandbox]).key_notice == table.sandbox.seconds
        assert plan(owner, rules=[sandbox, law]).key_notice == table.law.seconds
        assert plan(owner, rules=[]).key_notice == table.law.seconds
        assert plan(owner, rules=[law], key_notice_seconds=9).key_notice == 9

    @pytest.mark.parametrize(
        "wrong",
        [
            {"registrars": {1000: {}}},
            {"registrars": {990: {"0x" + "11" * 20: 4}}},
            {"gate": "Batch"},
            {"grant_delay": -1},
        ],
    )
    def test_refuses_what_there_is_not(self, wrong: dict[str, object]) -> None:
        with pytest.raises(Malformed):
            plan(Key.fresh().address, rules=[], **wrong)  # type: ignore[arg-type]
