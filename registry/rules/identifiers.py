"""Public identifiers and their check rules: credit codes, industry codes, certificate codes.

Only shape and arithmetic: that a code was ever issued to anybody is not known here.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final

from pydantic import Field

from registry.errors import Flaw, Malformed
from registry.rules.tables import FOLDER, Origin, Table, read

NATIONAL_PREFIX: Final = "SJ"
PUBLIC_PREFIX: Final = "GG"  # ours, for public data: the national rule for query codes was not read
SANDBOX_PREFIX: Final = "XX"
LAST_SERIAL: Final = 9999


class _Department(Table):
    name: str
    categories: Annotated[str, Field(min_length=1)]


class _Provinces(Table):
    source: str
    verified: bool
    names: dict[str, str]


class _CreditCodes(Table):
    origin: Origin
    alphabet: Annotated[str, Field(min_length=31, max_length=31)]
    departments: dict[str, _Department]
    provinces: _Provinces
    fictitious_region: Annotated[str, Field(pattern=r"^\d{6}$")]


class _Section(Table):
    name: str
    divisions: dict[str, str]


class _Industries(Table):
    origin: Origin
    sections: dict[str, _Section]


@cache
def _credit_codes() -> _CreditCodes:
    return read(FOLDER / "credit_codes.json", _CreditCodes)[0]


@cache
def _industries() -> _Industries:
    return read(FOLDER / "industries.json", _Industries)[0]


def uscc(text: str, *, fictitious: bool, pointer: str = "") -> str:
    """The unified social credit code itself, if it holds (GB 32100-2015).

    A `fictitious` code must name the region 000000, which does not exist, and a real one must name
    one that does. Raises: Malformed with every flaw; a wrong check digit names the expected one.
    """
    flaws = uscc_flaws(text, fictitious=fictitious, pointer=pointer)
    if flaws:
        raise Malformed("not a unified social credit code", flaws=flaws)
    return text


def uscc_flaws(text: str, *, fictitious: bool, pointer: str = "") -> tuple[Flaw, ...]:
    """All that is wrong with a credit code; empty when it holds."""
    table = _credit_codes()
    if len(text) != 18:
        return (Flaw(pointer, "uscc_length", f"{len(text)} characters, expected 18"),)
    strange = sorted(set(text) - set(table.alphabet))
    if strange:
        shown = ", ".join(f"U+{ord(c):04X}" for c in strange[:5])
        detail = f"{shown} cannot occur; expected digits and capitals other than I, O, S, V, Z"
        return (Flaw(pointer, "uscc_alphabet", detail),)
    flaws: list[Flaw] = []
    department = table.departments.get(text[0])
    if department is None:
        expected = ", ".join(table.departments)
        detail = f"department {text[0]!r} at character 1, expected one of {expected}"
        flaws.append(Flaw(pointer, "uscc_department", detail))
    elif text[1] not in department.categories:
        detail = (
            f"category {text[1]!r} at character 2, expected one of "
            f"{', '.join(department.categories)} under department {text[0]}"
        )
        flaws.append(Flaw(pointer, "uscc_category", detail))
    wrong_region = _region_flaw(text[2:8], fictitious=fictitious)
    if wrong_region:
        flaws.append(Flaw(pointer, "uscc_region", wrong_region))
    expected_digit = check_digit(text[:17])
    if text[17] != expected_digit:
        detail = f"check digit {text[17]!r} at character 18, expected {expected_digit!r}"
        flaws.append(Flaw(pointer, "uscc_check_digit", detail))
    return tuple(flaws)


def check_digit(body: str) -> str:
    """The 18th character for the first 17: 31 minus the sum of value times 3^i, modulo 31."""
    alphabet = _credit_codes().alphabet
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return alphabet[-total % 31]


def make_fictitious_uscc(seed: str) -> str:
    """A credit code of an enterprise that cannot exist; the same seed gives the same code.

    For the sandbox alone: its region is 000000.
    """
    table = _credit_codes()
    digest = hashlib.sha256(b"fictitious party\x00" + seed.encode()).digest()
    number = int.from_bytes(digest, "big")
    subject = ""
    for _ in range(9):
        number, place = divmod(number, len(table.alphabet))
        subject += table.alphabet[place]
    body = "91" + table.fictitious_region + subject
    return body + check_digit(body)


def _region_flaw(region: str, *, fictitious: bool) -> str | None:
    table = _credit_codes()
    if fictitious:
        if region == table.fictitious_region:
            return None
        return (
            f"region {region!r} at characters 3 to 8, expected {table.fictitious_region!r}: "
            "parties of the sandbox are fictitious and must look it"
        )
    if not re.fullmatch(r"[0-9]{6}", region):
        return f"region {region!r} at characters 3 to 8, expected six digits"
    if region[:2] not in table.provinces.names or (region[:2] == "10" and region != "100000"):
        return f"region {region!r} at characters 3 to 8 does not exist (GB/T 2260)"
    return None


@dataclass(frozen=True)
class Industry:
    """Section (门类) and division (大类) of GB/T 4754-2017, with their Chinese names."""

    section: str
    division: str
    section_name: str
    division_name: str

    def __str__(self) -> str:
        return self.section + self.division


def industry(text: str, *, pointer: str = "") -> Industry:
    """Reads `I65`: a section letter and a two-digit division. Raises: Malformed."""
    match = re.fullmatch(r"([A-T])([0-9]{2})", text)
    if not match:
        detail = f"got {text[:12]!r}, expected a letter A to T and two digits, such as 'I65'"
        flaw = Flaw(pointer, "industry_shape", detail)
        raise Malformed("not an industry code of GB/T 4754-2017", flaws=(flaw,))
    letter, division = match[1], match[2]
    section = _industries().sections[letter]
    if division not in section.divisions:
        first, last = min(section.divisions), max(section.divisions)
        span = first if first == last else f"{first} to {last}"
        detail = (
            f"division {division!r} is not in section {letter} ({section.name}), which has {span}"
        )
        flaw = Flaw(pointer, "industry_division", detail)
        raise Malformed("not an industry code of GB/T 4754-2017", flaws=(flaw,))
    return Industry(letter, division, section.name, section.divisions[division])


_CODE: Final = re.compile(r"([A-Z]{2})([0-9]{2})([0-9])([0-9]{4})(0[1-9]|1[0-2])([0-9]{4})")


@dataclass(frozen=True)
class CertificateCode:
    """The 15 characters of guide annex 6.

    `region` and `registrar` are the registrar's, not the applicant's; year and month are those in
    which the code was given, Beijing time; `serial` starts at 1 each month. No check digit exists.
    Raises: Malformed on construction when a part is out of range.
    """

    prefix: str
    region: str
    registrar: int
    year: int
    month: int
    serial: int

    def __post_init__(self) -> None:
        flaws = tuple(Flaw("", f"code_{name}", detail) for name, detail in self._faults())
        if flaws:
            raise Malformed("not a certificate code", flaws=flaws)

    @classmethod
    def parse(cls, text: str, *, pointer: str = "") -> "CertificateCode":
        """Reads a code. Raises: Malformed naming the part that is wrong."""
        match = _CODE.fullmatch(text)
        if not match:
            detail = (
                f"got {text[:20]!r}, expected two letters, region 2, registrar 1, YYYYMM and "
                "serial 4 digits"
            )
            flaw = Flaw(pointer, "code_shape", detail)
            raise Malformed("not a certificate code", flaws=(flaw,))
        try:
            return cls(
                prefix=match[1],
                region=match[2],
                registrar=int(match[3]),
                year=int(match[4]),
                month=int(match[5]),
                serial=int(match[6]),
            )
        except Malformed as wrong:
            flaws = tuple(Flaw(pointer, flaw.rule, flaw.detail) for flaw in wrong.flaws)
            raise Malformed(wrong.detail, flaws=flaws) from None

    @property
    def is_national(self) -> bool:
        """Whether it claims to be a national code; sandbox codes never do."""
        return self.prefix == NATIONAL_PREFIX

    def __str__(self) -> str:
        return (
            f"{self.prefix}{self.region}{self.registrar}"
            f"{self.year:04d}{self.month:02d}{self.serial:04d}"
        )

    def _faults(self) -> list[tuple[str, str]]:
        faults: list[tuple[str, str]] = []
        if self.prefix not in (NATIONAL_PREFIX, PUBLIC_PREFIX, SANDBOX_PREFIX):
            expected = "'SJ', 'GG' for public data, or 'XX' in the sandbox"
            faults.append(("prefix", f"{self.prefix!r}, expected {expected}"))
        if not re.fullmatch(r"[0-9]{2}", self.region):
            faults.append(("region", f"{self.region!r}, expected two digits"))
        if not 0 <= self.registrar <= 9:
            faults.append(("registrar", f"{self.registrar}, expected one digit"))
        if not 0 <= self.year <= 9999:
            faults.append(("year", f"{self.year}, expected four digits"))
        if not 1 <= self.month <= 12:
            faults.append(("month", f"{self.month}, expected 1 to 12"))
        if not 1 <= self.serial <= LAST_SERIAL:
            faults.append(("serial", f"{self.serial}, expected 1 to {LAST_SERIAL} in a month"))
        return faults
