"""The rights attested.

Rights
├── only a source gives birth to entries; a retired one no more, and those it made stay
├── each applicant of one registration has its own entry under its own id
├── a right stands from the moment of attestation to its last second, both included
└── an entry remembers what it was told, whatever that was
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.hashes import from_hex
from registry.rights.questions import id_of
from tests.contracts.evm import Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    HOLD,
    OPERATE,
    REGISTRAR,
    STRANGER,
    USE,
    House,
    call_data,
    commitment,
)


class TestSources:
    def test_nobody_else_gives_birth(self, house: House) -> None:
        with pytest.raises(Refused) as refused:
            house.run("Rights", "attest", bytes(32), REGISTRAR, [], 0, 0, sender=STRANGER)
        assert refused.value.fault == Fault("NotASource", (STRANGER.address,))

    def test_a_batch_gives_no_birth_either(self, house: House) -> None:
        act = call_data("Rights", "attest", bytes(32), REGISTRAR, [], 0, 0)
        facts = house.facts(house.batch("Rights", [act]))
        assert [fact.event for fact in facts] == ["ActFailed"]

    def test_a_retired_one_gives_no_more_and_its_entries_stay(self, house: House) -> None:
        _, before = house.attested(ALICE, number=1)
        filing, after = house.attestable(BOB, number=2)
        registrations = house.contracts["Registrations"]
        said = house.revoke("Rights", "retireSource", registrations)
        assert said[0].members == {"source": registrations}
        act = house.attest(after)
        fault = Fault("NotASource", (registrations,))
        assert house.refusal(act, APPROVING, filings=(filing,)) == fault
        assert house.rights(before, ALICE.party) == 7


class TestEntries:
    def test_each_applicant_has_its_own(self, house: House) -> None:
        _, registration = house.attested(ALICE, BOB, rights=HOLD | USE)
        assert house.rights(registration, ALICE.party) == HOLD | USE
        assert house.rights(registration, BOB.party) == HOLD | USE
        assert house.rights(registration, STRANGER.party) == 0

    def test_several_parties_hold_the_same_right_in_the_same_data(self, house: House) -> None:
        _, one = house.attested(ALICE, data=commitment(1))
        _, other = house.attested(BOB, data=commitment(1))
        assert house.rights(one, ALICE.party) == house.rights(other, BOB.party) == 7

    def test_its_id_is_that_of_the_package(self, house: House) -> None:
        id = house.ask("Rights", "idOf", from_hex(commitment(1)), from_hex(ALICE.party))
        assert id == id_of(commitment(1), ALICE.party)

    def test_stands_from_its_first_second_to_its_last(self, house: House) -> None:
        _, registration = house.attested(ALICE)
        since, hold, use, operate, registrar, step = house.entry(registration, ALICE.party)
        assert (registrar, step) == (REGISTRAR, 0)
        assert hold == use == operate == house.record(registration).until
        moments = {since - 1: 0, since: 7, hold: 7, hold + 1: 0}
        found = {moment: house.rights(registration, ALICE.party, moment) for moment in moments}
        assert found == moments

    @pytest.mark.parametrize("rights", range(1, 8))
    def test_bears_the_rights_claimed_and_no_other(self, house: House, rights: int) -> None:
        _, registration = house.attested(ALICE, rights=rights)
        _, hold, use, operate, _, _ = house.entry(registration, ALICE.party)
        held = HOLD * bool(hold) | USE * bool(use) | OPERATE * bool(operate)
        assert held == rights == house.rights(registration, ALICE.party)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 255),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**40 - 1),
)
def test_an_entry_remembers_what_it_was_told(
    source: House, rights: int, since: int, expiry: int, registrar: int, moment: int
) -> None:
    house = source.fork()
    claim = from_hex(ALICE.party), rights
    id = bytes(31) + b"\x01"
    house.run("Rights", "attest", id, registrar, [claim], since, expiry, sender=STRANGER)
    ends = tuple(expiry if rights & bit else 0 for bit in (HOLD, USE, OPERATE))
    assert house.entry("0x" + id.hex(), ALICE.party) == (since, *ends, registrar, 0)
    standing = rights & 7 if since <= moment <= expiry else 0
    # A right that is not held ends at second 0: it stands at no later one.
    if moment > 0:
        assert house.rights("0x" + id.hex(), ALICE.party, moment) == standing


@pytest.fixture(scope="module")
def source(built: House) -> House:
    """A house where a person is a source, to try what the procedure never would."""
    house = built.fork()
    house.grant(("Rights", "admitSource", STRANGER.address))
    return house
