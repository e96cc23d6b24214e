"""The plan of a deployment

- says its steps before anything is sent
- refuses numbers, roles and gates that there are not
"""

import pytest

from registry.deployment.blueprint import CONTRACTS
from registry.deployment.steps import plan
from registry.errors import Malformed
from registry.keys import Key
from tests.registry.sandbox import Staff


class TestPlan:
    def test_says_its_steps(self) -> None:
        steps = Staff().plan(grant_delay=3600).steps()
        assert steps[: len(CONTRACTS)] == [f"create {name}" for name in CONTRACTS]
        assert "Registrars.admit(990) (scheduled, 3600 s later)" in steps

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
