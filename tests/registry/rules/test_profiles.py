"""A rule profile

is read from its file
├── by name, the newest version; the law's own where none is named
├── by the number that a record names
├── refused when unknown
└── refused when it is of former law, under which nothing is filed
is named by a hash of its content and of the tables it names
├── that any change of content or of such a table changes
└── that the order of keys and white space do not
judges the records under it for good
└── a new version is a new file with a new number, beside tables of its own
holds what the contract enforces
├── floors no longer than the shortest the law allows, ceilings no shorter than the longest
└── masks of the kinds it knows, publishes and gives a code, and of the rights it bears
is refused when it contradicts itself
says of each value where it comes from
"""

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from registry.errors import NotAllowed, NotFound
from registry.hashes import canonical, keccak, to_hex
from registry.rules import Allowed, Refused, forms, profiles
from registry.rules.clocks import History
from registry.rules.eligibility import DutyOf, Facts, Situation, Source, Way, claimable
from registry.rules.identifiers import (
    NATIONAL_PREFIX,
    PUBLIC_PREFIX,
    SANDBOX_PREFIX,
    CertificateCode,
)
from registry.rules.profiles import (
    Kind,
    Profile,
    Rulebook,
    Unit,
    load,
    load_by_number,
    rulebook,
    version_hash,
)
from registry.rules.rights import ALL_RIGHTS, Right
from registry.rules.tables import FOLDER, Table, read
from registry.settings import Settings
from tests.registry.rules.sample_form import a_form
from tests.registry.rules.test_clocks import at, day, standing

DAY = 86_400
FILES = sorted((FOLDER / "profiles").glob("*.json"))
FILED_UNDER = ["CN_NDA_2026", "CN_PUBLIC_2025", "SANDBOX"]
Json = dict[str, Any]


@pytest.fixture(params=FILED_UNDER)
def profile(request: pytest.FixtureRequest) -> Profile:
    return load(request.param)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of all rule files, to be altered."""
    for folder in {path.parent for path in FOLDER.glob("*/*.json")}:
        shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path


def write(path: Path, content: Json) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False))


def altered(path: Path, alter: Callable[[Json], object], *, to: Path | None = None) -> None:
    """Writes the file anew, or another one beside it."""
    content = json.loads(path.read_text())
    alter(content)
    write(to or path, content)


class TestLoad:
    def test_finds_a_profile_by_its_number(self, profile: Profile) -> None:
        assert load_by_number(profile.number) is profile

    def test_is_of_the_law_in_force_where_none_is_named(self) -> None:
        assert load() is load("CN_NDA_2026")
        assert load(profiles.DEMO).sandbox

    def test_filings_default_to_what_a_demo_enacts(self) -> None:
        assert Settings().profile == profiles.DEMO

    def test_refuses_an_unknown_name_and_says_which_are_known(self) -> None:
        with pytest.raises(NotFound, match="CN_NDA_2026, CN_PUBLIC_2025, SANDBOX"):
            load("CN_NDA_2027")

    def test_refuses_an_unknown_number(self) -> None:
        with pytest.raises(NotFound):
            load_by_number(0)

    def test_refuses_to_file_under_former_law(self) -> None:
        refusal = r"nothing is filed under SZ_2023: .*art. 41"
        with pytest.raises(NotAllowed, match=refusal):
            load("SZ_2023")
        with pytest.raises(NotAllowed, match=refusal):
            load_by_number(3)

    def test_a_file_bears_the_name_and_version_of_its_profile(self) -> None:
        for path in FILES:
            content = json.loads(path.read_text())
            version = content["version"]
            assert path.stem == content["name"] + ("" if version == 1 else f".{version}")

    def test_refuses_a_file_with_a_field_too_many(self, rules: Path) -> None:
        altered(rules / "profiles/SANDBOX.json", lambda file: file["floors"].update(hurry=1))
        with pytest.raises(ValidationError, match="hurry"):
            rulebook(rules)

    def test_refuses_a_file_with_a_key_twice(self, tmp_path: Path) -> None:
        class Notice(Table):
            notice: int

        path = tmp_path / "twice.json"
        path.write_text('{"notice": 5, "notice": 0}')
        with pytest.raises(ValueError, match="twice"):
            read(path, Notice)

    @pytest.mark.parametrize(
        ("alter", "why"),
        [
            (lambda file: file.update(number=1), "number 1 of another file"),
            (lambda file: file["kinds"].update(value=[1, 2]), "noticed or coded"),
            (lambda file: file["kinds"].update(value=[]), "kinds"),
            (lambda file: file["settings"]["bears"].update(value=[]), "bear some right"),
            (lambda file: file["settings"]["bears"].update(value="HOLD"), "list of words"),
            (lambda file: file["remark_kinds"][1].update(number=1), "numbered twice"),
            (lambda file: file["refusal_grounds"][1].update(number=1), "numbered twice"),
            (lambda file: file["tables"].update(grading="../grading/1"), "tables.grading"),
        ],
    )
    def test_refuses_a_file_that_contradicts_itself(
        self, rules: Path, alter: Callable[[Json], object], why: str
    ) -> None:
        altered(rules / "profiles/SANDBOX.json", alter)
        with pytest.raises(ValueError, match=why):
            rulebook(rules)

    def test_refuses_a_table_that_is_not_there(self, rules: Path) -> None:
        altered(
            rules / "profiles/SANDBOX.json", lambda file: file["tables"].update(grading="grading/9")
        )
        with pytest.raises(FileNotFoundError, match="grading/9"):
            rulebook(rules)


class TestVersionHash:
    def test_is_the_keccak_of_the_canonical_file_and_of_its_tables_hashes(self) -> None:
        for name in FILED_UNDER:
            content = json.loads((FOLDER / f"profiles/{name}.json").read_text())
            tables = {
                table: json.loads((FOLDER / f"{edition}.json").read_text())
                for table, edition in content["tables"].items()
            }
            hashes = {table: to_hex(keccak(canonical(each))) for table, each in tables.items()}
            expected = to_hex(keccak(canonical({"profile": content, "tables": hashes})))
            assert version_hash(load(name)) == expected

    def test_differs_between_profiles(self) -> None:
        assert len({version_hash(load(name)) for name in FILED_UNDER}) == len(FILED_UNDER)

    def test_is_the_same_wherever_the_files_lie_and_however_they_are_set(self, rules: Path) -> None:
        path = rules / "profiles/CN_NDA_2026.json"
        path.write_text(json.dumps(json.loads(path.read_text()), indent=7, sort_keys=True))
        assert version_hash(rulebook(rules).load("CN_NDA_2026")) == version_hash(load())

    @pytest.mark.parametrize(
        ("path", "alter"),
        [
            ("profiles/CN_NDA_2026", lambda file: file["floors"]["notice"].update(value=432_001)),
            ("eligibility/1", lambda file: file["origin"].update(note="another")),
            ("grading/1", lambda file: file["core"].update(certainty=1)),
            ("initial_form/1", lambda file: file["fields"].pop("/outbound")),
        ],
    )
    def test_changes_with_the_file_and_with_every_table_it_names(
        self, rules: Path, path: str, alter: Callable[[Json], object]
    ) -> None:
        altered(rules / f"{path}.json", alter)
        book = rulebook(rules)
        assert version_hash(book.load("CN_NDA_2026")) != version_hash(load("CN_NDA_2026"))
        # It names none of these.
        assert version_hash(book.load("CN_PUBLIC_2025")) == version_hash(load("CN_PUBLIC_2025"))


class TestNewVersion:
    """The law changes: five working days to answer, and hospitals' duty data barred."""

    NUMBER = 40

    @pytest.fixture
    def book(self, rules: Path) -> Rulebook:
        def bar_institutions(table: Json) -> None:
            (must,) = [m for block in table["blocks"].values() for m in block if "NONE" in str(m)]
            must["expected"] = ["NONE"]

        def second(file: Json) -> None:
            file.update(number=self.NUMBER, version=2)
            file["clocks"]["answer"]["length"] = 5
            file["tables"]["eligibility"] = "eligibility/2"

        altered(rules / "eligibility/1.json", bar_institutions, to=rules / "eligibility/2.json")
        altered(
            rules / "profiles/CN_NDA_2026.json",
            second,
            to=rules / "profiles/CN_NDA_2026.2.json",
        )
        return rulebook(rules)

    def test_leaves_the_old_its_number_and_hash(self, book: Rulebook) -> None:
        old, new = book.load_by_number(load().number), book.load_by_number(self.NUMBER)
        assert book.load("CN_NDA_2026") is new
        assert version_hash(old) == version_hash(load())
        assert version_hash(new) != version_hash(old)

    def test_leaves_a_record_under_the_old_its_clocks(self, book: Rulebook) -> None:
        old, new = book.load_by_number(load().number), book.load_by_number(self.NUMBER)
        for profile, due in ((old, "11-05"), (new, "11-09")):
            answer = standing(History(received=at("11-02")), at("11-03"), profile).answer
            assert answer is not None
            assert answer.due_day == day(due)

    def test_leaves_a_record_under_the_old_its_tables(self, book: Rulebook) -> None:
        old, new = book.load_by_number(load().number), book.load_by_number(self.NUMBER)
        source = Source(way=Way.SELF_GENERATED, situation=Situation.SELF_GENERATED)
        facts = Facts(
            lawfully_obtained=True,
            ownership_dispute=False,
            registered_before=False,
            personal_information=False,
            important_data=False,
            contract_kept=True,
            duty_of=DutyOf.PUBLIC_INSTITUTION,
        )
        answers = [
            claimable(source=source, rights=ALL_RIGHTS, facts=facts, profile=each)
            for each in (old, new)
        ]
        assert [type(answer) for answer in answers] == [Allowed, Refused]

    def test_leaves_a_form_under_the_old_its_answer(self, book: Rulebook) -> None:
        old, new = book.load_by_number(load().number), book.load_by_number(self.NUMBER)
        form = a_form()
        form["data"]["facts"]["duty_of"] = "PUBLIC_INSTITUTION"
        answers = []
        for each in (old, new):
            found = forms.review(
                forms.InitialForm.model_validate_json(json.dumps(form)), profile=each
            )
            answers.append({flaw.pointer for flaw in found.refusals})
        assert answers == [set(), {"/applicants/0/claim/rights"}]


class TestMasks:
    @pytest.mark.parametrize(
        ("name", "kinds", "noticed", "coded", "bears"),
        [
            ("CN_NDA_2026", "12345", "124", "12", ALL_RIGHTS),
            ("SANDBOX", "12345", "124", "12", ALL_RIGHTS),
            ("CN_PUBLIC_2025", "134567", "13", "1", Right.HOLD),
        ],
    )
    def test_have_a_bit_for_each_kind_and_right(
        self, name: str, kinds: str, noticed: str, coded: str, bears: Right
    ) -> None:
        found = load(name)
        assert found.kinds == {Kind(int(kind)) for kind in kinds}
        masks = [found.kind_mask, found.noticed_mask, found.coded_mask]
        assert masks == [sum(2 ** int(k) for k in each) for each in (kinds, noticed, coded)]
        assert (found.bears, found.bears_mask) == (bears, int(bears))


class TestNationalProfile:
    def test_floors_are_the_shortest_calendar_spans_of_the_working_days(self) -> None:
        floors = load("CN_NDA_2026").floors
        assert (floors.silence, floors.notice) == (3 * DAY, 5 * DAY)

    def test_the_renewal_window_holds_the_longest_six_months(self) -> None:
        # 1 March to the end of 1 September.
        assert load("CN_NDA_2026").floors.renewal_window == (184 + 1) * DAY

    def test_longest_validity_holds_the_longest_five_years(self) -> None:
        # 2027-02-28 to 2032-02-29 has the leap days of 2028 and 2032.
        start = datetime(2027, 3, 1, tzinfo=UTC)
        end = datetime(2032, 3, 2, tzinfo=UTC)  # the end of the corresponding day
        assert load("CN_NDA_2026").floors.longest_validity >= (end - start).total_seconds()
        assert load("CN_NDA_2026").floors.longest_validity < (5 * 366 + 1) * DAY

    @pytest.mark.parametrize(
        ("clock", "length", "unit", "article"),
        [
            ("answer", 3, Unit.WORKING_DAY, "art. 17"),
            ("finish", 10, Unit.WORKING_DAY, "art. 28"),
            ("extension", 10, Unit.WORKING_DAY, "art. 28"),
            ("notice", 5, Unit.WORKING_DAY, "art. 24"),
            ("investigation", 10, Unit.WORKING_DAY, "art. 25"),
            ("objection_forwarding", 5, Unit.WORKING_DAY, "art. 29"),
            ("validity", 5, Unit.YEAR, "art. 26"),
            ("renewal_opens", 6, Unit.MONTH, "art. 36"),
            ("retention", 20, Unit.YEAR, "art. 10(2)"),
        ],
    )
    def test_clocks_are_those_of_the_guide(
        self, clock: str, length: int, unit: Unit, article: str
    ) -> None:
        found = load("CN_NDA_2026").clocks[clock]
        assert (found.length, found.unit, found.article) == (length, unit, article)

    def test_stops_the_finishing_clock_for_three_things_only(self) -> None:
        clocks = load("CN_NDA_2026").clocks
        assert set(clocks["finish"].stops) == {"SUPPLEMENT", "NOTICE", "OBJECTION"}
        assert clocks["extension"].stops == clocks["finish"].stops
        assert clocks["answer"].stops == ()

    def test_numbers_the_four_grounds_of_cancellation(self) -> None:
        grounds = load("CN_NDA_2026").cancellation_grounds
        assert {n: ground.article for n, ground in grounds.items()} == {
            n: f"art. 37({n})" for n in range(1, 5)
        }
        assert load("CN_NDA_2026").revocation_grounds == {}

    def test_numbers_the_kinds_of_remarks(self) -> None:
        kinds = load("CN_NDA_2026").remark_kinds
        assert {n: kind.name for n, kind in kinds.items()} == {
            1: "AGREED_LIMIT",
            2: "PRESERVATION",
            3: "ADMINISTRATIVE_CONTROL",
            4: "LEGAL",
            5: "OTHER",
            6: "PLEDGE",
        }
        assert [n for n, kind in kinds.items() if not kind.verified] == [6]
        assert all(kinds[n].article == f"art. 23({n})" for n in range(1, 6))


class TestPublicProfile:
    @pytest.mark.parametrize(
        ("clock", "length", "unit", "article"),
        [
            ("answer", 3, Unit.WORKING_DAY, "art. 10"),
            ("review", 20, Unit.WORKING_DAY, "art. 11"),
            ("notice", 10, Unit.WORKING_DAY, "art. 12"),
            ("cancellation", 10, Unit.WORKING_DAY, "art. 9(4)"),
            ("first_registration", 20, Unit.WORKING_DAY, "art. 9(1)"),
            ("legacy_registration", 30, Unit.WORKING_DAY, "arts. 9(1), 24"),
            ("validity", 3, Unit.YEAR, "art. 15"),
            ("renewed_term", 3, Unit.YEAR, "art. 15"),
            ("renewal_opens", 60, Unit.CALENDAR_DAY, "art. 15"),
        ],
    )
    def test_clocks_are_those_of_the_measures(
        self, clock: str, length: int, unit: Unit, article: str
    ) -> None:
        found = load("CN_PUBLIC_2025").clocks[clock]
        assert (found.length, found.unit, found.article) == (length, unit, article)
        assert found.stops == ()

    def test_silence_never_accepts_on_chain_either(self) -> None:
        public = load("CN_PUBLIC_2025")
        assert public.floors.silence == 2**32 - 1
        assert public.settings["silence_accepts"].value is False

    def test_floors_are_the_shortest_and_the_longest_calendar_spans(self) -> None:
        floors = load("CN_PUBLIC_2025").floors
        assert floors.notice == 10 * DAY
        assert (floors.longest_validity, floors.renewal_window) == (1097 * DAY, 61 * DAY)

    def test_numbers_its_grounds(self) -> None:
        public = load("CN_PUBLIC_2025")
        assert [g.article for g in public.revocation_grounds.values()] == [
            f"art. 20({n})" for n in range(1, 5)
        ]
        assert [g.article for g in public.cancellation_grounds.values()] == [
            *(f"art. 9(4){n}" for n in range(1, 5)),
            "art. 15",
        ]
        assert public.refusal_grounds[3].article == "art. 12"

    def test_publishes_what_article_12_names(self) -> None:
        fields = load("CN_PUBLIC_2025").settings["notice_fields"].value
        assert fields == ("registrant", "kind", "name", "summary")

    def test_refuses_the_form_of_a_property_right(self) -> None:
        with pytest.raises(NotAllowed, match="CN_PUBLIC_2025 has no rules called"):
            forms.check(a_form(), profile=load("CN_PUBLIC_2025"))


class TestEveryProfile:
    def test_numbers_the_five_grounds_of_article_22(self) -> None:
        for name in ("CN_NDA_2026", "SANDBOX"):
            grounds = load(name).refusal_grounds
            articles = {number: ground.article for number, ground in grounds.items()}
            assert articles == {n: f"art. 22({n})" for n in range(1, 6)}

    def test_settles_what_its_clocks_and_masks_ask(self, profile: Profile) -> None:
        asked = set()
        for module in ("profiles", "units", "terms", "clocks", "validity"):
            text = (FOLDER / f"{module}.py").read_text()
            asked |= set(re.findall(r'settings\["(\w+)"\]|_kinds_of\("(\w+)"\)', text))
        asked = {one or other for one, other in asked}
        # The one alternative that `clocks` asks where there are extensions, and three of public data.
        apart = {"extensions", "operating_term", "renewal_counts_last_day"}
        assert asked - apart <= profile.settings.keys()
        assert len(asked) > 15

    def test_gives_each_setting_a_reason_and_a_source(self, profile: Profile) -> None:
        for setting in profile.settings.values():
            assert len(setting.reason) > 20
            assert setting.source

    def test_the_sandbox_settles_the_points_of_the_guide(self) -> None:
        assert load("SANDBOX").settings.keys() == load("CN_NDA_2026").settings.keys()

    def test_words_every_ground_in_both_languages(self, profile: Profile) -> None:
        for grounds in (
            profile.refusal_grounds,
            profile.cancellation_grounds,
            profile.revocation_grounds,
            profile.remark_kinds,
        ):
            assert all(ground.text.zh and ground.text.en for ground in grounds.values())

    def test_marks_what_is_not_the_law_as_unverified(self, profile: Profile) -> None:
        floors = json.loads(profile.content)["floors"]
        designed = {name for name, floor in floors.items() if "our design" in floor["source"]}
        assert designed
        assert all(floors[name]["verified"] is False for name in designed)

    def test_gives_codes_that_are_taken_for_no_others(self, profile: Profile) -> None:
        assert (
            profile.code_prefix
            == {
                "CN_NDA_2026": NATIONAL_PREFIX,
                "CN_PUBLIC_2025": PUBLIC_PREFIX,
                "SANDBOX": SANDBOX_PREFIX,
            }[profile.name]
        )
        assert str(CertificateCode(profile.code_prefix, "44", 1, 2026, 11, 7))
