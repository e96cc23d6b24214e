"""How long papers are kept

- twenty years, to the day, from the end of the entry's life; setting `retention_starts` moves the start
- of an application that came to nothing: the profile's own number of years, from the end of the procedure
- of what was registered in Shenzhen before: the longer of thirty years and twenty
- never erased while the procedure is open, nor while an entry stands; on a ground as far as it reaches
"""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from registry.rules import Allowed, Refused
from registry.rules.profiles import Profile, load
from registry.rules.retention import Ending, Keeping, Life, erasable, keeping
from registry.rules.validity import BEIJING

NATIONAL = load("CN_NDA_2026")
FILED, ATTESTED, ENDED = (datetime(year, 11, 19, 4, tzinfo=UTC) for year in (2026, 2027, 2031))
ENTRY = Life(Ending.ATTESTED, FILED, ATTESTED, ENDED)


def with_setting(name: str, value: bool | int | str) -> Profile:
    changed = NATIONAL.settings[name].model_copy(update={"value": value})
    return replace(NATIONAL, settings={**NATIONAL.settings, name: changed})


def last_day(life: Life, profile: Profile = NATIONAL) -> date:
    found = keeping(life, profile=profile)
    assert isinstance(found, Keeping)
    assert found.until is not None
    return found.until.astimezone(BEIJING).date()


class TestKeeping:
    def test_is_twenty_years_from_the_end_of_the_entry(self) -> None:
        assert last_day(ENTRY) == date(2051, 11, 19)

    @pytest.mark.parametrize(("starts", "year"), [("ATTESTATION", 2047), ("FILING", 2046)])
    def test_starts_where_the_profile_says(self, starts: str, year: int) -> None:
        assert last_day(ENTRY, with_setting("retention_starts", starts)).year == year

    @pytest.mark.parametrize("ending", ["REFUSED", "TERMINATED", "WITHDRAWN", "LAPSED"])
    def test_of_what_came_to_nothing_is_the_setting_from_the_end_of_the_procedure(
        self, ending: str
    ) -> None:
        life = Life(Ending[ending], FILED, ended=ATTESTED)
        assert last_day(life) == date(2047, 11, 19)
        assert last_day(life, with_setting("unattested_kept_years", 3)) == date(2030, 11, 19)

    def test_of_what_came_from_shenzhen_is_the_longer_of_both(self) -> None:
        life = replace(ENTRY, prior="SZ_2023")
        assert last_day(life) == date(2061, 11, 19)
        found = keeping(life, profile=NATIONAL)
        assert isinstance(found, Keeping)
        assert "SZ_2023" in found.basis

    def test_has_not_begun_while_anything_stands(self) -> None:
        for life in (Life(Ending.OPEN, FILED), replace(ENTRY, ended=None)):
            found = keeping(life, profile=NATIONAL)
            assert isinstance(found, Keeping)
            assert (found.since, found.until) == (None, None)


class TestErasable:
    def test_is_refused_on_the_last_day_and_allowed_after(self) -> None:
        last = keeping(ENTRY, profile=NATIONAL)
        assert isinstance(last, Keeping)
        assert last.until is not None
        refused = erasable(ENTRY, at=last.until, profile=NATIONAL)
        assert isinstance(refused, Refused)
        assert "2051-11-19" in refused.why
        assert refused.basis == "art. 10(2)"
        after = datetime.fromtimestamp(last.until.timestamp() + 1, UTC)
        assert isinstance(erasable(ENTRY, at=after, profile=NATIONAL), Allowed)

    @pytest.mark.parametrize(
        ("ground", "reached"),
        [
            ("WITHDRAWN", {"WITHDRAWN"}),
            ("PERSONAL_INFORMATION", {"REFUSED", "TERMINATED", "WITHDRAWN", "LAPSED"}),
            ("INSTRUMENT", {"ATTESTED", "REFUSED", "TERMINATED", "WITHDRAWN", "LAPSED"}),
            ("CURIOSITY", set()),
        ],
    )
    @pytest.mark.parametrize("name", ["CN_NDA_2026", "CN_PUBLIC_2025", "SANDBOX"])
    def test_on_a_ground_reaches_what_the_profile_says(
        self, name: str, ground: str, reached: set[str]
    ) -> None:
        profile = load(name)
        allowed = {
            ending.value
            for ending in Ending
            if isinstance(
                erasable(
                    Life(ending, FILED, ended=ENDED), at=ENDED, profile=profile, ground=ground
                ),
                Allowed,
            )
        }
        assert allowed == reached
