"""The plan of a deployment

- says its steps before anything is sent
- enacts a profile with its numbers in the order of the contract, under the hash of file and tables
- refuses numbers, roles and gates that there are not
"""

import pytest

from registry.chain import artefact
from registry.deployment.blueprint import CONTRACTS, NOBODY, terms
from registry.deployment.steps import plan
from registry.errors import Malformed
from registry.hashes import from_hex
from registry.keys import Key
from registry.rules import profiles
from registry.rules.key_notice import key_notice
from registry.rules.profiles import load, version_hash
from tests.registry.sandbox import Staff


class TestPlan:
    def test_says_its_steps(self) -> None:
        steps = Staff().plan(grant_delay=3600).steps()
        notice = f" (notice of {key_notice().sandbox.seconds} s)"
        created = [f"create {name}{notice if name == 'Parties' else ''}" for name in CONTRACTS]
        assert steps[: len(CONTRACTS)] == created
        assert "Registrars.admit(990) (scheduled, 3600 s later)" in steps

    @pytest.mark.parametrize("name", ["CN_NDA_2026", "CN_PUBLIC_2025", "SANDBOX"])
    def test_enacts_a_profile_in_the_contracts_words(self, name: str) -> None:
        profile, owner = load(name), Key.fresh().address
        (enact,) = [
            call for call in plan(owner, rules=[profile]).grants if call.function == "enact"
        ]
        assert enact.arguments == (
            profile.number,
            from_hex(version_hash(profile)),
            terms(profile),
        )
        assert enact.data({"Registrations": owner})
        (abi,) = [each for each in artefact("Registrations")["abi"] if each.get("name") == "enact"]
        named = dict(
            zip(
                (each["name"] for each in abi["inputs"][2]["components"]),
                terms(profile),
                strict=True,
            )
        )
        assert named == {
            "prefix": profile.code_prefix.encode(),
            "silence": profile.floors.silence,
            "notice": profile.floors.notice,
            "grace": profile.floors.grace,
            "validity": profile.floors.longest_validity,
            "renewal": profile.floors.renewal_window,
            "kinds": profile.kind_mask,
            "noticed": profile.noticed_mask,
            "coded": profile.coded_mask,
            "bears": profile.bears_mask,
            "gate": NOBODY,
        }

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
