"""A unified social credit code

holds for enterprises that exist, and for fictitious ones in the sandbox
is refused by length, alphabet, department, category, region, check digit, all at once
never passes in the other world: no fictitious code is real, no real one fictitious

An industry code names its section and division, or is refused

A certificate code is read, written and refused part by part
"""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry.errors import Malformed
from registry.rules.identifiers import (
    CertificateCode,
    check_digit,
    industry,
    make_fictitious_uscc,
    uscc,
    uscc_flaws,
)

# Published codes of well-known enterprises.
REAL = [
    "91100000100003962T",
    "914403001922038216",
    "9144030071526726XG",
    "91110000100010433L",
    "9111000071093123XX",
]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def rules(text: str, *, fictitious: bool = False) -> list[str]:
    return [flaw.rule for flaw in uscc_flaws(text, fictitious=fictitious)]


class TestCreditCode:
    @pytest.mark.parametrize("code", REAL)
    def test_holds_for_enterprises_that_exist(self, code: str) -> None:
        assert uscc(code, fictitious=False) == code

    @pytest.mark.parametrize("code", REAL)
    def test_of_a_real_enterprise_is_refused_in_the_sandbox(self, code: str) -> None:
        assert rules(code, fictitious=True) == ["uscc_region"]

    @given(st.text())
    def test_made_up_holds_in_the_sandbox_alone(self, seed: str) -> None:
        assume(not any("\ud800" <= c <= "\udfff" for c in seed))
        code = make_fictitious_uscc(seed)
        assert code == make_fictitious_uscc(seed)
        assert rules(code, fictitious=True) == []
        assert rules(code, fictitious=False) == ["uscc_region"]

    def test_made_up_differs_by_seed(self) -> None:
        assert len({make_fictitious_uscc(str(seed)) for seed in range(1000)}) == 1000

    def test_names_the_expected_check_digit(self) -> None:
        with pytest.raises(Malformed) as refusal:
            uscc("91100000100003962X", fictitious=False, pointer="/applicants/0/id")
        (flaw,) = refusal.value.flaws
        assert (flaw.pointer, flaw.rule) == ("/applicants/0/id", "uscc_check_digit")
        assert "expected 'T'" in flaw.detail

    @given(
        st.sampled_from(REAL),
        st.integers(min_value=0, max_value=17),
        st.sampled_from(ALPHABET),
    )
    def test_any_one_changed_character_is_caught(self, code: str, at: int, new: str) -> None:
        assume(code[at] != new)
        assert "uscc_check_digit" in rules(code[:at] + new + code[at + 1 :])

    @pytest.mark.parametrize("text", ["", "9110000010000396", "91100000100003962T0"])
    def test_is_refused_by_length(self, text: str) -> None:
        assert rules(text) == ["uscc_length"]

    @pytest.mark.parametrize("strange", ["I", "O", "S", "V", "Z", "t", "９", "\u202e"])
    def test_is_refused_by_alphabet(self, strange: str) -> None:
        assert rules("9110000010000396" + strange + "T") == ["uscc_alphabet"]

    def test_names_all_flaws_at_once(self) -> None:
        assert rules("0199000010000396" + "2T") == [
            "uscc_department",
            "uscc_region",
            "uscc_check_digit",
        ]

    def test_is_refused_by_category_of_its_department(self) -> None:
        body = "94" + "440300192203821"
        assert rules(body + check_digit(body)) == ["uscc_category"]

    @pytest.mark.parametrize("kind", ["11", "12", "51", "53", "54", "55", "91", "92", "93", "N2"])
    def test_knows_the_category_of_public_bodies_committees_and_firms(self, kind: str) -> None:
        body = kind + "440300192203821"
        assert rules(body + check_digit(body)) == []

    @pytest.mark.parametrize("region", ["000000", "990000", "160000", "101000", "4403AB"])
    def test_is_refused_by_region(self, region: str) -> None:
        body = "91" + region + "192203821"
        assert rules(body + check_digit(body)) == ["uscc_region"]


class TestIndustry:
    def test_names_section_and_division(self) -> None:
        found = industry("I65")
        assert str(found) == "I65"
        assert found.section_name == "信息传输、软件和信息技术服务业"
        assert found.division_name == "软件和信息技术服务业"

    def test_every_division_belongs_to_exactly_one_section(self) -> None:
        def is_held(code: str) -> bool:
            try:
                return str(industry(code)) == code
            except Malformed:
                return False

        for division in range(100):
            holding = [s for s in "ABCDEFGHIJKLMNOPQRST" if is_held(f"{s}{division:02d}")]
            assert len(holding) == (1 if 1 <= division <= 97 else 0)

    @pytest.mark.parametrize("text", ["", "U01", "i65", "I6", "I651", "I6５", "65", "I65\n"])
    def test_refuses_another_shape(self, text: str) -> None:
        with pytest.raises(Malformed) as refusal:
            industry(text, pointer="/data/industry")
        (flaw,) = refusal.value.flaws
        assert (flaw.pointer, flaw.rule) == ("/data/industry", "industry_shape")

    def test_says_which_divisions_a_section_has(self) -> None:
        with pytest.raises(Malformed) as refusal:
            industry("I66")
        assert "63 to 65" in refusal.value.flaws[0].detail


class TestCertificateCode:
    def test_reads_the_example_of_the_guide_and_writes_it_back(self) -> None:
        code = CertificateCode.parse("SJ4412026110007")
        assert code == CertificateCode("SJ", "44", 1, 2026, 11, 7)
        assert str(code) == "SJ4412026110007"
        assert code.is_national

    def test_of_the_sandbox_is_not_national(self) -> None:
        assert not CertificateCode.parse("XX4412026110007").is_national
        assert not CertificateCode.parse("GG4412026110007").is_national

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("SJ441202611000", "code_shape"),
            ("SJ44120261100071", "code_shape"),
            ("sj4412026110007", "code_shape"),
            ("SJ4412026000007", "code_shape"),
            ("SJ4412026130007", "code_shape"),
            ("SJ４412026110007", "code_shape"),
            ("SJ4412026110007\n", "code_shape"),
            ("SJ4412026110000", "code_serial"),
            ("AB4412026110007", "code_prefix"),
        ],
    )
    def test_is_refused_with_the_part_that_is_wrong(self, text: str, rule: str) -> None:
        with pytest.raises(Malformed) as refusal:
            CertificateCode.parse(text, pointer="/code")
        (flaw,) = refusal.value.flaws
        assert (flaw.pointer, flaw.rule) == ("/code", rule)

    def test_overflows_at_ten_thousand(self) -> None:
        with pytest.raises(Malformed):
            CertificateCode("SJ", "44", 1, 2026, 11, 10_000)

    @given(
        st.builds(
            CertificateCode,
            prefix=st.sampled_from(["SJ", "GG", "XX"]),
            region=st.from_regex(r"[0-9]{2}", fullmatch=True),
            registrar=st.integers(0, 9),
            year=st.integers(0, 9999),
            month=st.integers(1, 12),
            serial=st.integers(1, 9999),
        )
    )
    def test_is_read_as_it_was_written(self, code: CertificateCode) -> None:
        assert len(str(code)) == 15
        assert CertificateCode.parse(str(code)) == code
