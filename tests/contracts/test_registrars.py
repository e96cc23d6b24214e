"""The directory of registrars.

Registrars
├── grants wait for their delay, revocations do not, and nobody else does either
├── a registrar is admitted once, suspended, resumed; its number has three digits
├── officers have roles while their registrar stands; a dismissed one has none at once
├── who is an officer is asked rightly, suspended or not
└── checkpoint keys are authorised and retired
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.evm import Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    GRANT_DELAY,
    GRANTOR,
    GRANTS,
    GUARDIAN,
    OTHER_REGISTRAR,
    REGISTRAR,
    RELAYER,
    REVIEWER,
    REVIEWING,
    REVOKES,
    House,
    Person,
    call_data,
    profile,
)

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "admit": (500,),
    "appoint": (REGISTRAR, ALICE.address, REVIEWER),
    "authorise": (ALICE.address,),
    "resume": (REGISTRAR, bytes(32)),
    "enact": (9, bytes(32), profile()),
    "admitSource": (ALICE.address,),
    "suspend": (REGISTRAR, bytes(32)),
    "dismiss": (REGISTRAR, REVIEWING.address),
    "retire": (ALICE.address,),
    "haltFilings": (0,),
    "retireSource": (ALICE.address,),
    "bar": (bytes(32), bytes(32), 0),
}
GRANTING = [(contract, verb) for contract, verbs in GRANTS.items() for verb in verbs]
REVOKING = [(contract, verb) for contract, verbs in REVOKES.items() for verb in verbs]


def fault_of(house: House, *call: Any, sender: Person) -> Fault:
    with pytest.raises(Refused) as refused:
        house.run(*call, sender=sender)
    return refused.value.fault


class TestRoles:
    @pytest.mark.parametrize(("contract", "verb"), GRANTING)
    def test_grants_wait_for_their_delay(self, house: House, contract: str, verb: str) -> None:
        call = contract, verb, *ARGUMENTS[verb]
        if verb == "resume":
            house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        assert fault_of(house, *call, sender=GRANTOR).error == "AccessManagerNotScheduled"
        data = call_data(*call)
        target = house.contracts[contract]
        house.run("AccessManager", "schedule", target, data, 0, sender=GRANTOR)
        house.now += GRANT_DELAY - 1
        assert fault_of(house, *call, sender=GRANTOR).error == "AccessManagerNotReady"
        house.now += 1
        assert house.run(*call, sender=GRANTOR)

    @pytest.mark.parametrize(("contract", "verb"), REVOKING)
    def test_revocations_do_not_wait(self, house: House, contract: str, verb: str) -> None:
        assert house.run(contract, verb, *ARGUMENTS[verb], sender=GUARDIAN)

    @pytest.mark.parametrize(("contract", "verb"), GRANTING + REVOKING)
    def test_nobody_else_may(self, house: House, contract: str, verb: str) -> None:
        wrong = (RELAYER, REVIEWING, GUARDIAN if (contract, verb) in GRANTING else GRANTOR)
        for sender in wrong:
            fault = fault_of(house, contract, verb, *ARGUMENTS[verb], sender=sender)
            assert fault == Fault("AccessManagedUnauthorized", (sender.address,))

    def test_the_batch_has_no_role(self, house: House) -> None:
        act = call_data("Registrars", "suspend", REGISTRAR, bytes(32))
        receipt = house.batch("Registrars", [act])
        assert [fact.event for fact in house.facts(receipt)] == ["ActFailed"]


class TestStanding:
    def test_a_registrar_is_admitted_once(self, house: House) -> None:
        with pytest.raises(Refused) as refused:
            house.grant(("Registrars", "admit", REGISTRAR))
        assert refused.value.fault == Fault("WrongStanding", (REGISTRAR, 1))

    def test_its_number_has_three_digits(self, house: House) -> None:
        house.grant(("Registrars", "admit", 999), ("Registrars", "admit", 0))
        with pytest.raises(Refused) as refused:
            house.grant(("Registrars", "admit", 1000))
        assert refused.value.fault == Fault("NotARegistrarNumber", (1000,))

    def test_suspension_takes_all_roles_until_it_ends(self, house: House) -> None:
        said = house.revoke("Registrars", "suspend", REGISTRAR, b"i" * 32)
        assert said[0].members == {"registrar": REGISTRAR, "instrument": "0x" + "69" * 32}
        assert house.ask("Registrars", "standing", REGISTRAR) == 2
        assert house.ask("Registrars", "roles", REGISTRAR, REVIEWING.address) == 0
        assert house.ask("Registrars", "isOfficer", REGISTRAR, REVIEWING.address)
        house.grant(("Registrars", "resume", REGISTRAR, bytes(32)))
        assert house.ask("Registrars", "roles", REGISTRAR, REVIEWING.address) == REVIEWER
        assert house.ask("Registrars", "isOfficer", REGISTRAR, APPROVING.address)

    def test_only_who_stands_is_suspended_and_only_the_suspended_resumed(
        self, house: House
    ) -> None:
        suspend = "Registrars", "suspend", 500, bytes(32)
        assert fault_of(house, *suspend, sender=GUARDIAN) == Fault("WrongStanding", (500, 0))
        with pytest.raises(Refused) as refused:
            house.grant(("Registrars", "resume", REGISTRAR, bytes(32)))
        assert refused.value.fault == Fault("WrongStanding", (REGISTRAR, 1))


class TestOfficers:
    @pytest.mark.parametrize("roles", [0, 4, 255])
    def test_have_a_role_that_there_is(self, house: House, roles: int) -> None:
        with pytest.raises(Refused) as refused:
            house.grant(("Registrars", "appoint", REGISTRAR, ALICE.address, roles))
        assert refused.value.fault == Fault("NoSuchRoles", (roles,))

    def test_belong_to_a_registrar_that_there_is(self, house: House) -> None:
        with pytest.raises(Refused) as refused:
            house.grant(("Registrars", "appoint", 500, ALICE.address, REVIEWER))
        assert refused.value.fault == Fault("WrongStanding", (500, 0))

    def test_are_dismissed_at_once(self, house: House) -> None:
        house.revoke("Registrars", "dismiss", REGISTRAR, REVIEWING.address)
        assert house.ask("Registrars", "roles", REGISTRAR, REVIEWING.address) == 0
        assert not house.ask("Registrars", "isOfficer", REGISTRAR, REVIEWING.address)

    def test_who_is_none_cannot_be_dismissed(self, house: House) -> None:
        call = "Registrars", "dismiss", REGISTRAR, ALICE.address
        assert fault_of(house, *call, sender=GUARDIAN) == Fault("NoSuchRoles", (0,))

    def test_may_have_both_roles(self, house: House) -> None:
        both = REVIEWER | APPROVER
        house.grant(("Registrars", "appoint", REGISTRAR, ALICE.address, both))
        assert house.ask("Registrars", "roles", REGISTRAR, ALICE.address) == both
        assert house.ask("Registrars", "roles", OTHER_REGISTRAR, ALICE.address) == 0


class TestCheckpointKeys:
    def test_are_authorised_and_retired(self, house: House) -> None:
        assert not house.ask("Registrars", "isCheckpointKey", ALICE.address)
        said = house.grant(("Registrars", "authorise", ALICE.address))
        assert said[0].members == {"key": ALICE.address}
        assert house.ask("Registrars", "isCheckpointKey", ALICE.address)
        said = house.revoke("Registrars", "retire", ALICE.address)
        assert said[0].event == "CheckpointKeyRetired"
        assert not house.ask("Registrars", "isCheckpointKey", ALICE.address)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=8), st.integers(0, 247))
def test_the_word_for_officers_never_lies(
    built: House, changes: list[tuple[int, int]], bucket: int
) -> None:
    house = built.fork()
    # Two of these keys share a bit of the registrar's word.
    numbers = [bucket + 248, bucket + 496, bucket + 1, 2**160 - 1, 2**159, 7]
    keys = ["0x" + number.to_bytes(20, "big").hex() for number in numbers]
    roles: dict[str, int] = {}
    for who, what in changes:
        key = keys[who]
        if what:
            house.grant(("Registrars", "appoint", REGISTRAR, key, what))
            roles[key] = what
        elif roles.pop(key, 0):
            house.revoke("Registrars", "dismiss", REGISTRAR, key)
    for key in keys:
        assert house.ask("Registrars", "roles", REGISTRAR, key) == roles.get(key, 0)
        assert house.ask("Registrars", "isOfficer", REGISTRAR, key) == (key in roles)
