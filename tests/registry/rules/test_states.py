"""The state table

is what the contract and the page say
├── the same states, in the same order, as the enum in Solidity
├── every verb is a function of the interface and every message a struct
└── docs/states.md is printed from it
describes one procedure
├── every state can be reached, and every pending state left
├── an ended state has no way out
├── every pending state can be refused and withdrawn, by any one applicant
└── attestation follows notice, or review where a kind is not published
derives what only a clock makes
"""

import re
from itertools import pairwise

import pytest

from registry.rules.states import (
    ENDED,
    PENDING,
    ROWS,
    Derived,
    Signer,
    State,
    Verb,
    as_markdown,
    derived,
    row,
    verbs,
)
from tests.machine import ROOT

INTERFACE = (ROOT / "contracts" / "interfaces" / "IRegistrations.sol").read_text()


class TestInStep:
    def test_with_the_states_in_solidity(self) -> None:
        body = re.search(r"enum State \{(.*?)\}", INTERFACE, re.DOTALL)
        assert body
        assert re.findall(r"\w+", body[1]) == [state.name for state in State]

    @pytest.mark.parametrize("verb", Verb)
    def test_with_the_functions_in_solidity(self, verb: Verb) -> None:
        (message,) = {row.message for row in ROWS if row.verb is verb}
        assert re.search(rf"function {verb}\(\s*{message} calldata message", INTERFACE)
        assert f"struct {message} {{" in INTERFACE

    def test_with_the_page(self) -> None:
        assert (ROOT / "docs" / "states.md").read_text() == as_markdown()


class TestProcedure:
    def test_has_one_row_for_an_act_in_a_state(self) -> None:
        assert len({(row.before, row.verb) for row in ROWS}) == len(ROWS)

    def test_cites_a_source_in_every_row(self) -> None:
        assert all(row.article.startswith(("art", "ours")) for row in ROWS)

    def test_reaches_every_state(self) -> None:
        reached = {State.NONE}
        while True:
            further = reached | {row.after for row in ROWS if row.before in reached}
            if further == reached:
                break
            reached = further
        assert reached == set(State)

    def test_leaves_every_state_but_the_ended_ones(self) -> None:
        assert {state for state in State if not verbs(state)} == set(ENDED)
        assert {*PENDING, *ENDED, State.NONE} == set(State)

    @pytest.mark.parametrize("state", PENDING)
    def test_can_be_refused_and_withdrawn_until_attestation(self, state: State) -> None:
        refusal, withdrawal = row(state, Verb.REFUSE), row(state, Verb.WITHDRAW)
        assert refusal
        assert refusal.after is State.REFUSED
        assert withdrawal
        assert withdrawal.signer is Signer.AN_APPLICANT

    def test_an_unfiled_message_can_be_voided(self) -> None:
        voiding = row(State.NONE, Verb.WITHDRAW)
        assert voiding
        assert voiding.after is State.WITHDRAWN

    def test_attests_after_the_notice_or_review_and_by_another_than_who_reviewed(self) -> None:
        attestations = [row for row in ROWS if row.after is State.ATTESTED]
        assert [row.before for row in attestations] == [State.PUBLISHED, State.ACCEPTED]
        assert {row.signer for row in attestations} == {Signer.APPROVER}
        publication = row(State.ACCEPTED, Verb.PUBLISH)
        assert publication
        assert publication.signer is Signer.REVIEWER

    def test_terminates_only_after_a_supplement_was_asked(self) -> None:
        assert [row.before for row in ROWS if row.verb is Verb.TERMINATE] == [
            State.SUPPLEMENT_REQUESTED
        ]

    def test_the_plain_way_is_four_acts(self) -> None:
        way = [Verb.FILE, Verb.ACCEPT, Verb.PUBLISH, Verb.ATTEST]
        rows = [next(row for row in ROWS if row.verb is verb) for verb in way]
        assert all(a.after is b.before for a, b in pairwise(rows))

    def test_an_act_out_of_place_has_no_row(self) -> None:
        assert row(State.SUBMITTED, Verb.ATTEST) is None
        assert row(State.SUPPLEMENT_REQUESTED, Verb.ATTEST) is None
        assert row(State.ATTESTED, Verb.REFUSE) is None


class TestDerived:
    def test_a_correction_lapses_after_its_last_second(self) -> None:
        assert derived(State.CORRECTION_REQUESTED, at=10, until=10) == frozenset()
        assert derived(State.CORRECTION_REQUESTED, at=11, until=10) == {Derived.LAPSED}

    def test_a_notice_with_an_open_objection_is_disputed(self) -> None:
        assert derived(State.PUBLISHED, at=0, until=9) == frozenset()
        assert derived(State.PUBLISHED, at=0, until=9, open_objections=1) == {Derived.DISPUTED}

    def test_a_right_expires_unless_renewal_was_filed(self) -> None:
        assert derived(State.ATTESTED, at=10, until=10) == frozenset()
        assert derived(State.ATTESTED, at=11, until=10) == {Derived.EXPIRED}
        assert derived(State.ATTESTED, at=11, until=10, renewal_filed=True) == frozenset()

    @pytest.mark.parametrize("state", [s for s in State if s not in (2, 5, 6)])
    def test_no_other_state_changes_with_time(self, state: State) -> None:
        assert derived(state, at=11, until=10, open_objections=1) == frozenset()
