"""A transfer

moves what the transferor holds and does not keep, by right
├── its entry shrinks, the transferee's stands beside it for no longer than was left
└── rights that others hold in the same data are untouched
is refused
├── of rights not held, expired, or under an instrument that names them
├── of another registration, a cancelled one, one in dispute
├── by a transferee, where the profile reads the guide so
├── of the right to operate fused data without the other participants
└── beyond the transferor's term
asks for what it does not know
"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules import Allowed, NeedInfo, Refused
from registry.rules.applications import parse
from registry.rules.later_forms import TransferForm
from registry.rules.profiles import Kind
from registry.rules.rights import ALL_RIGHTS, NO_RIGHT, Exercise, Right, names
from registry.rules.subjects import Bar, Entry, Subject
from registry.rules.transfers import transfer, transferred
from registry.rules.validity import BEIJING, end_of
from tests.registry.rules.sample_form import Form
from tests.registry.rules.sample_later import (
    EXPIRY,
    LATER,
    SANDBOX,
    A,
    B,
    C,
    E,
    a_conveyance,
    a_later_form,
    a_person,
    a_subject,
    settled,
)

HU = Right.HOLD | Right.USE
ON_ALL = Bar(ALL_RIGHTS, Exercise.TRANSFER)
ON_HOLD = Bar(Right.HOLD, Exercise.TRANSFER | Exercise.CANCELLATION)


def a_transfer(*rights: str, giver: str = A, taker: str = E, **more: object) -> TransferForm:
    form: Form = a_later_form(Kind.TRANSFER) | {
        "applicants": [a_person(giver, "TRANSFEROR"), a_person(taker, "TRANSFEREE")],
        "conveyances": [a_conveyance(giver, taker, *(rights or ("OPERATE",))) | more],
    }
    found = parse(Kind.TRANSFER, form, profile=SANDBOX)
    assert isinstance(found, TransferForm)
    return found


def by_party(subject: Subject) -> dict[str, Right]:
    return {entry.party: subject.holds(entry.party) for entry in subject.entries}


class TestVectors:
    """The rights of domain.md §14, as far as they are registered and not licensed."""

    def test_a_transfers_operate_to_e_keeping_hold_and_use(self) -> None:
        # C independently holds USE by its own collection: a registration of its own, valid too.
        a, c = a_subject(), a_subject(Entry(C, Right.USE, EXPIRY))
        form = a_transfer("OPERATE")
        assert isinstance(transfer(form, a, at=LATER, profile=SANDBOX), Allowed)
        left, gained = transferred(form, a, at=LATER, profile=SANDBOX)
        assert by_party(left) == {A: HU}
        assert gained == (Entry(E, Right.OPERATE, EXPIRY, is_transferred=True),)
        assert by_party(c) == {C: Right.USE}

    def test_a_court_remark_on_hold_bars_hold_and_leaves_operate_untouched(self) -> None:
        left, gained = transferred(a_transfer("OPERATE"), a_subject(), at=LATER, profile=SANDBOX)
        seized = a_subject(*(replace(entry, bars=(ON_HOLD,)) for entry in left.entries))
        barred = transfer(a_transfer("HOLD"), seized, at=LATER, profile=SANDBOX)
        assert isinstance(barred, Refused)
        assert barred.basis == "guide art. 23(2), (3)"
        assert isinstance(transfer(a_transfer("USE"), seized, at=LATER, profile=SANDBOX), Allowed)
        e_to_b = a_transfer("OPERATE", giver=E, taker=B)
        found = transfer(e_to_b, a_subject(*gained), at=LATER, profile=SANDBOX)
        assert isinstance(found, Allowed)

    def test_whoever_only_uses_cannot_pass_on_operate(self) -> None:
        b = a_subject(Entry(B, Right.USE, EXPIRY))
        form = a_transfer("OPERATE", giver=B)
        assert isinstance(transfer(form, b, at=LATER, profile=SANDBOX), Refused)


class TestTransfer:
    @pytest.mark.parametrize(
        ("subject", "article"),
        [
            (a_subject(Entry(A, HU, EXPIRY)), "art. 34"),
            (a_subject(Entry(B, ALL_RIGHTS, EXPIRY)), "art. 34"),
            (a_subject(Entry(A, ALL_RIGHTS, LATER - timedelta(seconds=1))), "art. 36"),
            (replace(a_subject(), is_disputed=True), "art. 22(3)"),
            (replace(a_subject(), is_ended=True), "art. 37"),
            (replace(a_subject(), registration="0x" + "02" * 32), "arts. 33, 34"),
            (replace(a_subject(), certificate="XX4412026110008"), "arts. 33, 34"),
            (
                a_subject(
                    Entry(A, ALL_RIGHTS, EXPIRY, bars=(replace(ON_HOLD, rights=Right.OPERATE),))
                ),
                "art. 23(2), (3)",
            ),
        ],
    )
    def test_is_refused_with_the_article(self, subject: Subject, article: str) -> None:
        found = transfer(a_transfer(), subject, at=LATER, profile=SANDBOX)
        assert isinstance(found, Refused)
        assert found.basis == f"guide {article}"

    @pytest.mark.parametrize(
        ("renewing", "filed", "answer"),
        [
            (Right.OPERATE, LATER - timedelta(days=10), Allowed),
            (ALL_RIGHTS, LATER - timedelta(days=10), Allowed),
            (Right.HOLD, LATER - timedelta(days=10), Refused),
            (ALL_RIGHTS, LATER, Refused),
            (Right.OPERATE, None, Refused),
        ],
    )
    def test_of_what_is_being_renewed_is_not_late(
        self, renewing: Right, filed: datetime | None, answer: type
    ) -> None:
        expired = Entry(
            A, ALL_RIGHTS, LATER - timedelta(days=1), renewing=renewing, renewal_filed=filed
        )
        found = transfer(a_transfer(), a_subject(expired), at=LATER, profile=SANDBOX)
        assert isinstance(found, answer)

    def test_asks_whether_there_is_a_dispute(self) -> None:
        subject = replace(a_subject(), is_disputed=None)
        found = transfer(a_transfer(), subject, at=LATER, profile=SANDBOX)
        assert isinstance(found, NeedInfo)
        assert found.what == ("is_disputed",)

    def test_by_a_transferee_is_the_profiles_reading(self) -> None:
        subject = a_subject(Entry(A, ALL_RIGHTS, EXPIRY, is_transferred=True))
        assert isinstance(transfer(a_transfer(), subject, at=LATER, profile=SANDBOX), Allowed)
        strict = settled(SANDBOX, transferee_may_transfer=False)
        assert isinstance(transfer(a_transfer(), subject, at=LATER, profile=strict), Refused)

    def test_on_by_the_transferee_keeps_the_chain_of_terms(self) -> None:
        _, first = transferred(a_transfer(), a_subject(), at=LATER, profile=SANDBOX)
        onward = a_transfer("OPERATE", giver=E, taker=B)
        subject = a_subject(*first)
        assert isinstance(transfer(onward, subject, at=LATER, profile=SANDBOX), Allowed)
        left, second = transferred(onward, subject, at=LATER, profile=SANDBOX)
        assert left.entries == ()
        assert second == (Entry(B, Right.OPERATE, EXPIRY, is_transferred=True),)


class TestFusedData:
    def consenting(self, consent: bool | None) -> TransferForm:
        return a_transfer().model_copy(update={"participants_consent": consent})

    def test_operate_needs_the_other_participants(self) -> None:
        fused = replace(a_subject(), is_fused=True)
        asked = transfer(self.consenting(None), fused, at=LATER, profile=SANDBOX)
        assert isinstance(asked, NeedInfo)
        assert asked.what == ("participants_consent",)
        refused = transfer(self.consenting(False), fused, at=LATER, profile=SANDBOX)
        assert isinstance(refused, Refused)
        assert refused.basis == "guide art. 21(5)"
        allowed = transfer(self.consenting(True), fused, at=LATER, profile=SANDBOX)
        assert isinstance(allowed, Allowed)

    def test_hold_and_use_need_nobody(self) -> None:
        fused = replace(a_subject(), is_fused=True)
        form = a_transfer("HOLD", "USE")
        assert isinstance(transfer(form, fused, at=LATER, profile=SANDBOX), Allowed)

    def test_are_asked_about_where_nobody_knows(self) -> None:
        unknown = replace(a_subject(), is_fused=None)
        found = transfer(a_transfer(), unknown, at=LATER, profile=SANDBOX)
        assert isinstance(found, NeedInfo)
        assert found.what == ("is_fused",)
        lenient = settled(SANDBOX, fused_transfer_needs_consent=False)
        assert isinstance(transfer(a_transfer(), unknown, at=LATER, profile=lenient), Allowed)


class TestTerm:
    def test_is_what_the_transferor_has_left(self) -> None:
        _, (gained,) = transferred(a_transfer(), a_subject(), at=LATER, profile=SANDBOX)
        assert (gained.party, gained.expiry) == (E, EXPIRY)

    def test_may_be_agreed_shorter_to_the_day_and_not_longer(self) -> None:
        last = EXPIRY.astimezone(BEIJING).date()
        for day, is_allowed in ((last, True), (last + timedelta(days=1), False)):
            form = a_transfer(until=day.isoformat())
            found = transfer(form, a_subject(), at=LATER, profile=SANDBOX)
            assert isinstance(found, Allowed) is is_allowed
        shorter = a_transfer(until="2030-01-31")
        left, (gained,) = transferred(shorter, a_subject(), at=LATER, profile=SANDBOX)
        assert gained.expiry == end_of(datetime(2030, 1, 31).date())
        assert left.entries_of(A)[0].expiry == EXPIRY

    def test_may_be_new_where_the_profile_reads_it_so(self) -> None:
        new = settled(SANDBOX, transferred_term="NEW")
        form = a_transfer(until="2032-06-01")
        assert isinstance(transfer(form, a_subject(), at=LATER, profile=SANDBOX), Refused)
        assert isinstance(transfer(form, a_subject(), at=LATER, profile=new), Allowed)
        _, (gained,) = transferred(a_transfer(), a_subject(), at=LATER, profile=new)
        assert gained.expiry == end_of(datetime(2032, 6, 1).date())


rights = st.integers(1, 7).map(Right)


acts = st.sampled_from(list(Exercise))


@given(held=rights, given=rights, barred=st.integers(0, 7).map(Right), act=acts)
def test_is_allowed_of_held_and_free_rights_alone_and_loses_none(
    held: Right, given: Right, barred: Right, act: Exercise
) -> None:
    subject = a_subject(
        Entry(A, held, EXPIRY, bars=(Bar(barred, act),)), Entry(B, ALL_RIGHTS, EXPIRY)
    )
    form = a_transfer(*names(given))
    found = transfer(form, subject, at=LATER, profile=SANDBOX)
    is_free = act is not Exercise.TRANSFER or given & barred == NO_RIGHT
    is_sound = given & ~held == NO_RIGHT and is_free
    assert isinstance(found, Allowed) is is_sound
    if is_sound:
        left, gained = transferred(form, subject, at=LATER, profile=SANDBOX)
        assert left.holds(A) == held & ~given
        assert [(entry.party, entry.rights) for entry in gained] == [(E, given)]
        assert left.holds(B) == ALL_RIGHTS
        assert A in by_party(left) or given == held
