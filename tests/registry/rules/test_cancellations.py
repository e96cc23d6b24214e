"""A cancellation

on application is on a ground to apply on, of rights that are there, by right
├── not of rights under an instrument, unless the court or authority orders it
└── not barred by a dispute, nor by the term being over
by the registrar is on its own grounds, with written notice, and with the instrument it rests on
leaves the rights that it does not name
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.rules import Allowed, NeedInfo, Refused
from registry.rules.applications import parse
from registry.rules.cancellations import cancellation, cancellation_ex_officio, cancelled
from registry.rules.later_forms import CancellationForm, Share
from registry.rules.profiles import Kind, Profile
from registry.rules.rights import ALL_RIGHTS, NO_RIGHT, Exercise, Right
from registry.rules.subjects import Bar, Entry, Subject
from tests.registry.rules.sample_form import HASH
from tests.registry.rules.sample_later import (
    EXPIRY,
    PUBLIC,
    SANDBOX,
    A,
    B,
    a_later_form,
    a_public_later_form,
    a_public_subject,
    a_subject,
)


def a_cancellation(*rights: str) -> CancellationForm:
    form = a_later_form(Kind.CANCELLATION)
    form["shares"][0]["rights"] = list(rights or ("HOLD", "USE", "OPERATE"))
    found = parse(Kind.CANCELLATION, form, profile=SANDBOX)
    assert isinstance(found, CancellationForm)
    return found


class TestOnApplication:
    def test_is_by_right(self) -> None:
        form = a_cancellation("OPERATE")
        assert cancellation(form, a_subject(), profile=SANDBOX) == Allowed("guide art. 37")
        after = cancelled(form.shares, a_subject())
        assert after.holds(A) == Right.HOLD | Right.USE

    def test_of_all_leaves_no_entry(self) -> None:
        both = a_subject(Entry(A, ALL_RIGHTS, EXPIRY), Entry(B, Right.USE, EXPIRY))
        after = cancelled(a_cancellation().shares, both)
        assert [entry.party for entry in after.entries] == [B]

    @pytest.mark.parametrize(
        "subject",
        [
            a_subject(Entry(B, ALL_RIGHTS, EXPIRY)),
            a_subject(Entry(A, Right.HOLD, EXPIRY)),
            replace(a_subject(), is_ended=True),
            replace(a_subject(), registration="0x" + "02" * 32),
        ],
    )
    def test_is_refused_of_what_is_not_there(self, subject: Subject) -> None:
        assert isinstance(cancellation(a_cancellation(), subject, profile=SANDBOX), Refused)

    def test_is_not_barred_by_dispute_or_time(self) -> None:
        for is_disputed in (True, None):
            subject = replace(
                a_subject(Entry(A, ALL_RIGHTS, EXPIRY - timedelta(days=9000))),
                is_disputed=is_disputed,
            )
            assert isinstance(cancellation(a_cancellation(), subject, profile=SANDBOX), Allowed)

    def test_of_a_barred_right_needs_an_order(self) -> None:
        seized = a_subject(
            Entry(A, ALL_RIGHTS, EXPIRY, bars=(Bar(Right.HOLD, Exercise.CANCELLATION),))
        )
        found = cancellation(a_cancellation(), seized, profile=SANDBOX)
        assert isinstance(found, Refused)
        assert found.basis == "guide art. 23(2), (3)"
        assert "right to hold data" in found.why
        assert "数据持有权" in found.why
        ordered = cancellation(a_cancellation(), seized, profile=SANDBOX, is_ordered=True)
        assert isinstance(ordered, Allowed)
        # The right that no instrument names is free, and so is the act.
        transfers = a_subject(
            Entry(A, ALL_RIGHTS, EXPIRY, bars=(Bar(ALL_RIGHTS, Exercise.TRANSFER),))
        )
        assert isinstance(cancellation(a_cancellation(), transfers, profile=SANDBOX), Allowed)
        assert isinstance(cancellation(a_cancellation("USE"), seized, profile=SANDBOX), Allowed)

    def test_on_a_ground_of_the_registrars_is_refused(self) -> None:
        form = a_cancellation().model_copy(update={"ground": 3})
        assert isinstance(cancellation(form, a_subject(), profile=SANDBOX), Refused)

    @pytest.mark.parametrize("ground", [1, 2, 3, 4])
    def test_of_public_data_is_on_any_of_the_four_grounds(self, ground: int) -> None:
        raw = a_public_later_form(Kind.CANCELLATION) | {"ground": ground}
        form = parse(Kind.CANCELLATION, raw, profile=PUBLIC)
        assert isinstance(form, CancellationForm)
        found = cancellation(form, a_public_subject(), profile=PUBLIC)
        assert found == Allowed("发改数据规〔2025〕26号 art. 9(4)")
        assert cancelled(form.shares, a_public_subject()).entries == ()


class TestExOfficio:
    shares = (Share(party=A, rights=Right.USE),)

    def answer(
        self,
        ground: int,
        *,
        notice: str | None = HASH,
        instrument: str | None = None,
        profile: Profile = SANDBOX,
    ) -> object:
        return cancellation_ex_officio(
            ground, self.shares, a_subject(), profile=profile, notice=notice, instrument=instrument
        )

    @pytest.mark.parametrize("ground", [2, 4])
    def test_needs_written_notice(self, ground: int) -> None:
        assert isinstance(self.answer(ground), Allowed)
        assert self.answer(ground, notice=None) == NeedInfo(("notice",), "guide art. 37")

    def test_after_an_objection_needs_its_outcome(self) -> None:
        asked = self.answer(3, notice=None)
        assert asked == NeedInfo(("notice", "instrument"), "guide art. 37")
        assert isinstance(self.answer(3, instrument=HASH), Allowed)

    @pytest.mark.parametrize("ground", [0, 1, 5])
    def test_is_on_no_other_ground(self, ground: int) -> None:
        assert isinstance(self.answer(ground), Refused)

    def test_names_a_right(self) -> None:
        found = cancellation_ex_officio(
            2, (Share(party=A, rights=NO_RIGHT),), a_subject(), profile=SANDBOX, notice=HASH
        )
        assert isinstance(found, Refused)

    def test_of_a_barred_right_needs_an_order(self) -> None:
        seized = a_subject(
            Entry(A, ALL_RIGHTS, EXPIRY, bars=(Bar(Right.USE, Exercise.CANCELLATION),))
        )
        for is_ordered, answer in ((False, Refused), (True, Allowed)):
            found = cancellation_ex_officio(
                2, self.shares, seized, profile=SANDBOX, notice=HASH, is_ordered=is_ordered
            )
            assert isinstance(found, answer)

    def test_of_public_data_when_not_renewed_or_nobody_is_left(self) -> None:
        for ground, answer in ((5, Allowed), (3, Allowed), (2, Refused), (1, Refused)):
            found = cancellation_ex_officio(
                ground,
                (Share(party=A, rights=NO_RIGHT),),
                a_public_subject(),
                profile=PUBLIC,
                notice=HASH,
            )
            assert isinstance(found, answer)
