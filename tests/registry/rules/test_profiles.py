"""A rule profile

is read from its file
├── by name, the newest version
├── by the number that a record names
└── refused when unknown
is named by a hash of its content
├── that any change of content changes
└── that the order of keys and white space do not
holds what the contract enforces
└── floors no longer than the shortest the law allows, a ceiling no shorter than the longest
says of each value where it comes from
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from registry.errors import NotFound
from registry.hashes import canonical, keccak, to_hex
from registry.rules import profiles
from registry.rules.identifiers import NATIONAL_PREFIX, SANDBOX_PREFIX
from registry.rules.profiles import Kind, Profile, Unit, load, load_by_number, version_hash
from registry.rules.tables import FOLDER, Table, read

DAY = 86_400
FILES = sorted((FOLDER / "profiles").glob("*.json"))


@pytest.fixture(params=["CN_NDA_2026", "SANDBOX"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return load(request.param)


class TestLoad:
    def test_finds_a_profile_by_its_number(self, profile: Profile) -> None:
        assert load_by_number(profile.number) is profile

    def test_refuses_an_unknown_name_and_says_which_are_known(self) -> None:
        with pytest.raises(NotFound, match="CN_NDA_2026, SANDBOX"):
            load("CN_NDA_2027")

    def test_refuses_an_unknown_number(self) -> None:
        with pytest.raises(NotFound):
            load_by_number(0)

    def test_a_file_bears_the_name_of_its_profile(self) -> None:
        for path in FILES:
            assert json.loads(path.read_text())["name"] == path.stem

    def test_refuses_a_file_with_a_field_too_many(self, tmp_path: Path) -> None:
        altered = json.loads(FILES[0].read_text())
        altered["floors"]["hurry"] = 1
        path = tmp_path / "altered.json"
        path.write_text(json.dumps(altered))
        with pytest.raises(ValidationError, match="hurry"):
            read(path, profiles._File)

    def test_refuses_a_file_with_a_key_twice(self, tmp_path: Path) -> None:
        class Notice(Table):
            notice: int

        path = tmp_path / "twice.json"
        path.write_text('{"notice": 5, "notice": 0}')
        with pytest.raises(ValueError, match="twice"):
            read(path, Notice)


class TestVersionHash:
    def test_is_the_keccak_of_the_canonical_file(self) -> None:
        for path in FILES:
            content = json.loads(path.read_text())
            expected = to_hex(keccak(canonical(content)))
            assert version_hash(load(content["name"])) == expected

    def test_differs_between_profiles(self) -> None:
        assert version_hash(load("SANDBOX")) != version_hash(load("CN_NDA_2026"))

    def test_changes_with_one_number_and_not_with_white_space(self, tmp_path: Path) -> None:
        content = json.loads(FILES[0].read_text())
        path = tmp_path / "profile.json"
        path.write_text(json.dumps(content, indent=7, sort_keys=True))
        assert read(path, profiles._File)[1] == canonical(content)
        content["floors"]["notice"]["value"] += 1
        path.write_text(json.dumps(content))
        assert read(path, profiles._File)[1] != load(content["name"]).content


class TestNationalProfile:
    def test_knows_the_initial_registration_alone(self) -> None:
        assert load("CN_NDA_2026").kinds == {Kind.INITIAL}
        assert load("CN_NDA_2026").kind_mask == 0b10

    def test_floors_are_the_shortest_calendar_spans_of_the_working_days(self) -> None:
        floors = load("CN_NDA_2026").floors
        assert (floors.silence, floors.notice) == (3 * DAY, 5 * DAY)

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


class TestEveryProfile:
    def test_numbers_the_five_grounds_of_article_22(self, profile: Profile) -> None:
        articles = {number: ground.article for number, ground in profile.refusal_grounds.items()}
        assert articles == {n: f"art. 22({n})" for n in range(1, 6)}

    def test_settles_the_same_arguable_points_with_a_reason_and_a_source(
        self, profile: Profile
    ) -> None:
        assert profile.settings.keys() == load("CN_NDA_2026").settings.keys()
        for setting in profile.settings.values():
            assert len(setting.reason) > 20
            assert setting.source

    def test_marks_what_is_not_the_law_as_unverified(self, profile: Profile) -> None:
        floors = json.loads(profile.content)["floors"]
        designed = {name for name, floor in floors.items() if "our design" in floor["source"]}
        assert designed
        assert all(floors[name]["verified"] is False for name in designed)

    def test_only_a_sandbox_gives_codes_that_are_not_national(self, profile: Profile) -> None:
        expected = SANDBOX_PREFIX if profile.sandbox else NATIONAL_PREFIX
        assert profile.code_prefix == expected
