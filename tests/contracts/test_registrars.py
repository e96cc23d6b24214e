"""The directory of registrars.

Registrars
├── grants wait for their delay, revocations do not, and nobody else does either
├── a registrar is admitted once, suspended, resumed; its number has three digits
├── officers have roles while their registrar stands; a dismissed one has none at once
├── who is an officer is asked rightly, suspended or not
├── what a suspended one must still do keeps its roles; an expelled one has none, for good
├── an exit goes stage by stage (guide art. 13), may be cancelled, and ends with the hand-over
├── after it the successor's officers act for it, down a line of eight hand-overs at most
└── checkpoint keys are authorised and retired
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.registrars import ExitStage, Standing
from registry.registrations.acts import Withdraw
from tests.contracts.evm import Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    DAY,
    GRANT_DELAY,
    GRANTOR,
    GRANTS,
    GUARDIAN,
    OTHER_APPROVING,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
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
from tests.contracts.model import Obstacle

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "admit": (500,),
    "appoint": (REGISTRAR, ALICE.address, REVIEWER),
    "authorise": (ALICE.address,),
    "resume": (REGISTRAR, bytes(32)),
    "enact": (9, bytes(32), profile()),
    "admitSource": (ALICE.address,),
    "suspend": (REGISTRAR, bytes(32)),
    "expel": (REGISTRAR, bytes(32)),
    "reportExit": (REGISTRAR, 0, b"r" * 32, b"p" * 32),
    "moveExit": (REGISTRAR, 2, 0, b"d" * 32),
    "cancelExit": (REGISTRAR, 0, b"c" * 32),
    "handOver": (REGISTRAR, OTHER_REGISTRAR, b"i" * 32, b"m" * 32),
    "dismiss": (REGISTRAR, REVIEWING.address),
    "retire": (ALICE.address,),
    "haltFilings": (0,),
    "retireSource": (ALICE.address,),
    "bar": (bytes(32), bytes(32), 0),
}
REPORTED = ("Registrars", "reportExit", REGISTRAR, 0, b"r" * 32, b"p" * 32)
EXITING: tuple[tuple[Any, ...], ...] = (
    REPORTED,
    *(("Registrars", "moveExit", REGISTRAR, stage, 0, b"d" * 32) for stage in (2, 3, 4)),
)
HANDED_OVER = ("Registrars", "handOver", REGISTRAR, OTHER_REGISTRAR, b"i" * 32, b"m" * 32)
# What must have happened before a grant can be executed.
NEEDED: dict[str, tuple[tuple[Any, ...], ...]] = {
    "resume": (("Registrars", "suspend", REGISTRAR, bytes(32)),),
    "moveExit": (REPORTED,),
    "cancelExit": (REPORTED,),
    "handOver": (("Registrars", "expel", REGISTRAR, bytes(32)),),
}
GRANTING = [(contract, verb) for contract, verbs in GRANTS.items() for verb in verbs]
REVOKING = [(contract, verb) for contract, verbs in REVOKES.items() for verb in verbs]


def fault_of(house: House, *call: Any, sender: Person) -> Fault:
    with pytest.raises(Refused) as refused:
        house.run(*call, sender=sender)
    return refused.value.fault


def grant_fault(house: House, *call: Any) -> Fault:
    """Why a grant is refused once its delay is over."""
    with pytest.raises(Refused) as refused:
        house.grant(call)
    return refused.value.fault


class TestRoles:
    @pytest.mark.parametrize(("contract", "verb"), GRANTING)
    def test_grants_wait_for_their_delay(self, house: House, contract: str, verb: str) -> None:
        call = contract, verb, *ARGUMENTS[verb]
        for before in NEEDED.get(verb, ()):
            house.grant(before) if before[1] in GRANTS["Registrars"] else house.revoke(*before)
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


class TestExpulsion:
    @pytest.mark.parametrize("suspended", [False, True])
    def test_takes_all_roles_at_once_and_for_good(self, house: House, suspended: bool) -> None:
        if suspended:
            house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        said = house.revoke("Registrars", "expel", REGISTRAR, b"i" * 32)
        assert said[0].event == "RegistrarExpelled"
        assert house.ask("Registrars", "standing", REGISTRAR) == Standing.EXPELLED
        assert house.ask("Registrars", "roles", REGISTRAR, REVIEWING.address) == 0
        assert house.ask("Registrars", "rolesKept", REGISTRAR, REVIEWING.address) == 0
        gone = Fault("WrongStanding", (REGISTRAR, Standing.EXPELLED))
        grants: tuple[tuple[Any, ...], ...] = (
            ("admit", REGISTRAR),
            ("resume", REGISTRAR, bytes(32)),
            ("appoint", REGISTRAR, ALICE.address, REVIEWER),
            ("reportExit", REGISTRAR, 0, bytes(32), bytes(32)),
            ("moveExit", REGISTRAR, 2, 0, bytes(32)),
            ("cancelExit", REGISTRAR, 0, bytes(32)),
        )
        for call in grants:
            assert grant_fault(house, "Registrars", *call) == gone
        for verb in ("suspend", "expel"):
            again = "Registrars", verb, REGISTRAR, bytes(32)
            assert fault_of(house, *again, sender=GUARDIAN) == gone

    def test_a_suspended_one_keeps_its_roles_for_what_others_ordered(self, house: House) -> None:
        house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        assert house.ask("Registrars", "roles", REGISTRAR, REVIEWING.address) == 0
        assert house.ask("Registrars", "rolesKept", REGISTRAR, REVIEWING.address) == REVIEWER
        assert house.ask("Registrars", "rolesKept", REGISTRAR, ALICE.address) == 0


class TestExit:
    def test_goes_stage_by_stage_while_the_registrar_acts_on(self, house: House) -> None:
        said = house.grant(
            ("Registrars", "reportExit", REGISTRAR, 7, b"r" * 32, b"p" * 32),
            ("Registrars", "moveExit", REGISTRAR, ExitStage.AGREED, 8, b"a" * 32),
            ("Registrars", "moveExit", REGISTRAR, ExitStage.FORWARDED, 0, b"f" * 32),
            ("Registrars", "moveExit", REGISTRAR, ExitStage.CONSENTED, 9, b"c" * 32),
        )
        assert said[0].members == {
            "registrar": REGISTRAR,
            "effective": 7,
            "report": "0x" + "72" * 32,
            "plan": "0x" + "70" * 32,
        }
        assert [fact.members["stage"] for fact in said[1:]] == [2, 3, 4]
        assert house.ask("Registrars", "exitOf", REGISTRAR) == (ExitStage.CONSENTED, REGISTRAR)
        assert house.ask("Registrars", "roles", REGISTRAR, REVIEWING.address) == REVIEWER

    @pytest.mark.parametrize("stage", [1, 3, 4])
    def test_leaves_no_stage_out(self, house: House, stage: int) -> None:
        house.grant(REPORTED)
        found = ExitStage.NONE if stage == 1 else ExitStage.REPORTED
        call = "Registrars", "moveExit", REGISTRAR, stage, 0, bytes(32)
        expected = stage if stage == 1 else found
        assert grant_fault(house, *call) == Fault("WrongStage", (REGISTRAR, expected))

    def test_is_reported_once_and_cancelled_only_while_it_runs(self, house: House) -> None:
        cancel = "Registrars", "cancelExit", REGISTRAR, 0, b"c" * 32
        assert grant_fault(house, *cancel) == Fault("WrongStage", (REGISTRAR, ExitStage.NONE))
        house.grant(REPORTED)
        again = grant_fault(house, *REPORTED)
        assert again == Fault("WrongStage", (REGISTRAR, ExitStage.REPORTED))
        # A scheduled call that failed stays scheduled: another paper makes another call.
        house.grant((*cancel[:-1], b"d" * 32))
        assert house.ask("Registrars", "exitOf", REGISTRAR) == (ExitStage.NONE, REGISTRAR)
        house.grant(("Registrars", "reportExit", REGISTRAR, 1, b"r" * 32, b"p" * 32))


class TestHandOver:
    def test_lets_the_officers_of_the_successor_act_and_no_others(self, house: House) -> None:
        house.grant(*EXITING)
        said = house.grant(HANDED_OVER)
        assert said[0].members == {
            "registrar": REGISTRAR,
            "successor": OTHER_REGISTRAR,
            "instrument": "0x" + "69" * 32,
            "manifest": "0x" + "6d" * 32,
        }
        ask = house.ask
        assert ask("Registrars", "standing", REGISTRAR) == Standing.EXITED
        assert ask("Registrars", "exitOf", REGISTRAR) == (ExitStage.CONSENTED, OTHER_REGISTRAR)
        for number in (REGISTRAR, OTHER_REGISTRAR):
            assert ask("Registrars", "roles", number, OTHER_REVIEWING.address) == REVIEWER
            assert ask("Registrars", "roles", number, OTHER_APPROVING.address) == APPROVER
            assert ask("Registrars", "roles", number, REVIEWING.address) == 0
            assert ask("Registrars", "isOfficer", number, OTHER_REVIEWING.address)
            assert not ask("Registrars", "isOfficer", number, REVIEWING.address)
            assert not ask("Registrars", "isOfficer", number, ALICE.address)

    @pytest.mark.parametrize("stage", range(4))
    def test_waits_for_the_national_consent(self, house: House, stage: int) -> None:
        house.grant(*EXITING[:stage])
        fault = grant_fault(house, *HANDED_OVER)
        assert fault == Fault("WrongStage", (REGISTRAR, stage))

    def test_of_an_expelled_registrar_needs_no_exit(self, house: House) -> None:
        house.revoke("Registrars", "expel", REGISTRAR, bytes(32))
        house.grant(HANDED_OVER)
        assert house.ask("Registrars", "roles", REGISTRAR, OTHER_REVIEWING.address) == REVIEWER

    def test_happens_once(self, house: House) -> None:
        house.grant(*EXITING, HANDED_OVER)
        fault = grant_fault(house, *HANDED_OVER)
        assert fault == Fault("WrongStanding", (REGISTRAR, Standing.EXITED))

    def test_goes_to_another_registrar_that_may_act(self, house: House) -> None:
        house.grant(*EXITING)
        itself = "Registrars", "handOver", REGISTRAR, REGISTRAR, b"i" * 32, b"m" * 32
        assert grant_fault(house, *itself) == Fault("NotASuccessor", (REGISTRAR,))
        nobody = "Registrars", "handOver", REGISTRAR, 500, b"i" * 32, b"m" * 32
        assert grant_fault(house, *nobody) == Fault("WrongStanding", (500, Standing.NONE))
        house.revoke("Registrars", "suspend", OTHER_REGISTRAR, bytes(32))
        fault = grant_fault(house, *HANDED_OVER)
        assert fault == Fault("WrongStanding", (OTHER_REGISTRAR, Standing.SUSPENDED))

    def test_names_its_manifest(self, house: House) -> None:
        house.grant(*EXITING)
        bare = "Registrars", "handOver", REGISTRAR, OTHER_REGISTRAR, b"i" * 32, bytes(32)
        assert grant_fault(house, *bare) == Fault("NoManifest")

    def test_stops_with_the_successor(self, house: House) -> None:
        house.grant(*EXITING, HANDED_OVER)
        house.revoke("Registrars", "suspend", OTHER_REGISTRAR, bytes(32))
        assert house.ask("Registrars", "roles", REGISTRAR, OTHER_REVIEWING.address) == 0
        kept = house.ask("Registrars", "rolesKept", REGISTRAR, OTHER_REVIEWING.address)
        assert kept == REVIEWER
        house.revoke("Registrars", "expel", OTHER_REGISTRAR, bytes(32))
        assert house.ask("Registrars", "rolesKept", REGISTRAR, OTHER_REVIEWING.address) == 0

    def test_makes_lines_of_eight_at_most(self, house: House) -> None:
        numbers = [*range(100, 110)]
        house.grant(*(("Registrars", "admit", number) for number in numbers))
        house.grant(("Registrars", "appoint", 108, ALICE.address, REVIEWER))
        for number in numbers[:8]:
            house.revoke("Registrars", "expel", number, bytes(32))
            house.grant(("Registrars", "handOver", number, number + 1, bytes(32), b"m" * 32))
        for number in numbers[:9]:
            assert house.ask("Registrars", "exitOf", number)[1] == 108
            assert house.ask("Registrars", "roles", number, ALICE.address) == REVIEWER
        house.revoke("Registrars", "expel", 108, bytes(32))
        one_more = "Registrars", "handOver", 108, 109, bytes(32), b"m" * 32
        assert grant_fault(house, *one_more) == Fault("TooManyGenerations", (108,))


class TestWhoServesAPendingFiling:
    """The procedure goes on after a hand-over, under the old number."""

    def test_the_successor_attests_it_and_the_code_keeps_the_old_number(self, house: House) -> None:
        message, registration = house.attestable(ALICE)
        house.revoke("Registrars", "expel", REGISTRAR, bytes(32))
        act = house.attest(registration, expiry=house.now + 365 * DAY)
        old = Fault("NotAnOfficer", (REGISTRAR, APPROVING.address, APPROVER))
        assert house.refusal(act, APPROVING, filings=(message,)) == old
        house.grant(HANDED_OVER)
        theirs = house.attest(
            registration, officer=OTHER_APPROVING.address, expiry=house.now + 365 * DAY
        )
        said = house.act(theirs, OTHER_APPROVING, filings=(message,))
        code = next(f.members["code"] for f in said if f.event == "RegistrationAttested")
        assert bytes.fromhex(code[2:]).startswith(b"XX441")
        assert house.rights(registration, ALICE.party) == 7

    def test_the_successor_may_not_attest_what_its_own_officer_filed(self, house: House) -> None:
        message, registration = house.attestable(OTHER_REVIEWING)
        house.grant(*EXITING, HANDED_OVER)
        act = house.attest(registration, officer=OTHER_APPROVING.address)
        fault = house.refusal(act, OTHER_APPROVING, filings=(message,))
        assert fault == Fault("Hindered", (registration, Obstacle.REGISTRAR_IS_APPLICANT))

    def test_while_nobody_serves_it_the_applicant_may_withdraw(self, house: House) -> None:
        message, registration = house.filed(ALICE)
        house.revoke("Registrars", "expel", REGISTRAR, bytes(32))
        taken_back = Withdraw(
            party=ALICE.party, registration=registration, step=1, deadline=house.now
        )
        house.act(taken_back, ALICE, filings=(message,))


NUMBERS = (REGISTRAR, OTHER_REGISTRAR, 500, 501)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(0, 5)), max_size=14))
def test_r1_who_acts_for_a_registrar_is_who_stands_at_the_end_of_its_line(
    built: House, story: list[tuple[int, int]]
) -> None:
    """R1: roles are those at the end of the line of hand-overs, and only while that one is admitted.

    R2: expelled and exited are for good. R3: a hand-over changes no other registrar's roles.
    """
    house = built.fork()
    officers = {number: Person(f"officer of {number}") for number in NUMBERS}
    house.grant(*(("Registrars", "admit", number) for number in (500, 501)))
    house.grant(*(("Registrars", "appoint", n, p.address, 3) for n, p in officers.items()))
    standing = dict.fromkeys(NUMBERS, Standing.ADMITTED)
    heirs: dict[int, int] = {}

    def end(number: int) -> int:
        while number in heirs:
            number = heirs[number]
        return number

    for place, (number, what) in enumerate(story, 1):
        now = standing[number]
        if what == 0 and now is Standing.ADMITTED:
            house.revoke("Registrars", "suspend", number, bytes(32))
            standing[number] = Standing.SUSPENDED
        elif what == 1 and now is Standing.SUSPENDED:
            house.grant(("Registrars", "resume", number, bytes(32)))
            standing[number] = Standing.ADMITTED
        elif what == 2 and now in (Standing.ADMITTED, Standing.SUSPENDED):
            house.revoke("Registrars", "expel", number, bytes(32))
            standing[number] = Standing.EXPELLED
        elif what > 2:
            heir = NUMBERS[(NUMBERS.index(number) + what - 2) % 4]
            manifest = place.to_bytes(32, "big")  # no two calls may be scheduled alike
            call = "Registrars", "handOver", number, heir, bytes(32), manifest
            if now is Standing.EXPELLED and standing[heir] is Standing.ADMITTED:
                house.grant(call)
                standing[number] = Standing.EXITED
                heirs[number] = heir
            else:
                grant_fault(house, *call)
        for each in NUMBERS:
            assert house.ask("Registrars", "standing", each) == standing[each]
            assert house.ask("Registrars", "exitOf", each)[1] == end(each)
            for owner, person in officers.items():
                is_theirs = owner == end(each)
                acts = is_theirs and standing[owner] is Standing.ADMITTED
                kept = is_theirs and standing[owner] is not Standing.EXPELLED
                asked = each, person.address
                assert house.ask("Registrars", "roles", *asked) == (3 if acts else 0)
                assert house.ask("Registrars", "rolesKept", *asked) == (3 if kept else 0)
                assert house.ask("Registrars", "isOfficer", *asked) == is_theirs


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
