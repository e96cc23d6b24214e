"""The shape and the texts of a form

are refused at their JSON pointer, before any rule of law is asked
├── missing and unknown fields, wrong types, numbers that cannot be signed
├── too deep, too large, not JSON, any JSON whatever
├── hostile Unicode in every free text, hard caps
└── above the advice of annex 1 there is only a warning
have a label for every field, in both languages
"""

import sys
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.errors import Malformed, RegistryError, TooLarge
from registry.rules.form_fields import fields
from registry.rules.forms import LARGEST, InitialForm, check, labels, review
from registry.rules.profiles import Profile
from registry.rules.tables import Table
from tests.registry.rules.sample_form import Form, flaws_of


class TestShape:
    @pytest.mark.parametrize(
        ("spoil", "pointer", "rule"),
        [
            (lambda f: f.pop("sample"), "/sample", "missing"),
            (lambda f: f.update(extra=1), "/extra", "unknown_field"),
            (
                lambda f: f["applicants"][0].update(vip=True),
                "/applicants/0/vip",
                "unknown_field",
            ),
            (lambda f: f["data"]["facts"].update(guess=1), "/data/facts/guess", "unknown_field"),
            (lambda f: f.update(applicants=[]), "/applicants", "too_short"),
            (lambda f: f["data"].update(volume=12), "/data/volume", "string_type"),
            (
                lambda f: f["data"]["facts"].update(contract_kept="yes"),
                "/data/facts/contract_kept",
                "bool_type",
            ),
            (
                lambda f: f["applicants"][0]["claim"].update(rights=["OWN"]),
                "/applicants/0/claim/rights",
                "value_error",
            ),
            (
                lambda f: f["data"]["time_scope"].update(first=0),
                "/data/time_scope/first",
                "value_error",
            ),
            (lambda f: f.update(sample="0xAB"), "/sample", "string_pattern_mismatch"),
            (lambda f: f.update(grade=1), "/grade", "value_error"),
        ],
    )
    def test_is_refused_where_it_is_wrong(
        self,
        form: Form,
        sandbox: Profile,
        spoil: Callable[[Form], object],
        pointer: str,
        rule: str,
    ) -> None:
        spoil(form)
        assert flaws_of(form, sandbox) == [(pointer, rule)]

    @pytest.mark.parametrize("value", [None, 1, "form", [], [[]], {}, {"grade": ["CORE"]}, True])
    def test_refuses_what_is_no_form(self, value: object, sandbox: Profile) -> None:
        with pytest.raises(Malformed):
            check(value, profile=sandbox)

    def test_refuses_depth_before_it_hurts(self, form: Form, sandbox: Profile) -> None:
        bomb: list[Any] = []
        for _ in range(10 * sys.getrecursionlimit()):
            bomb = [bomb]
        form["data"]["name"] = bomb
        ((pointer, rule),) = flaws_of(form, sandbox)
        assert rule == "too_deep"
        assert pointer.startswith("/data/name/0")

    def test_refuses_a_million_characters(self, form: Form, sandbox: Profile) -> None:
        form["data"]["overview"] = "据" * LARGEST
        with pytest.raises(TooLarge):
            check(form, profile=sandbox)

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), 2**256])
    def test_refuses_numbers_that_json_cannot_sign(
        self, form: Form, sandbox: Profile, number: float
    ) -> None:
        form["data"]["volume"] = number
        with pytest.raises(Malformed, match="canonical"):
            check(form, profile=sandbox)

    def test_refuses_half_a_surrogate_pair_at_its_place(self, form: Form, sandbox: Profile) -> None:
        form["data"]["name"] = "数据\ud83d"
        assert flaws_of(form, sandbox) == [("/data/name", "surrogate")]
        form["data"] = {"\ud83d": 1}
        assert flaws_of(form, sandbox) == [("/data", "unknown_field")]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["applicants", "data", "grade", "papers", "x"]),
                    inner,
                    max_size=5,
                )
            ),
        )
    )
    def test_meets_any_json_with_a_refusal_of_ours(self, sandbox: Profile, value: object) -> None:
        with pytest.raises(RegistryError) as refusal:
            check(value, profile=sandbox)
        assert refusal.value.status in (413, 422)


class TestText:
    def test_long_names_are_warned_about_and_not_refused(
        self, form: Form, sandbox: Profile
    ) -> None:
        form["data"]["name"] = "据" * 41
        form["data"]["overview"] = "据" * 401
        found = review(check(form, profile=sandbox), profile=sandbox)
        assert [(flaw.pointer, flaw.rule) for flaw in found.warnings] == [
            ("/data/name", "long"),
            ("/data/overview", "long"),
        ]

    def test_ten_times_the_advice_is_refused(self, form: Form, sandbox: Profile) -> None:
        form["data"]["name"] = "据" * 400
        assert check(form, profile=sandbox)
        form["data"]["name"] = "据" * 401
        assert flaws_of(form, sandbox) == [("/data/name", "too_long")]

    def test_look_alikes_are_warned_about(self, form: Form, sandbox: Profile) -> None:
        form["applicants"][0]["name"] = "Аlpha"
        found = review(check(form, profile=sandbox), profile=sandbox)
        assert [flaw.rule for flaw in found.warnings] == ["look_alikes"]

    def test_every_free_text_is_guarded(self, form: Form, sandbox: Profile) -> None:
        guarded = {at for at, field in fields(sandbox).items() if field.limit or field.advice}
        assert guarded == {at for at, annotation in leaves(InitialForm) if annotation is str}

    @pytest.mark.parametrize(
        "pointer", ["/applicants/0/phone", "/data/place", "/data/facts/public_product_code"]
    )
    def test_hostile_text_is_caught_wherever_it_is(
        self, form: Form, sandbox: Profile, pointer: str
    ) -> None:
        put(form, pointer.strip("/").split("/"), "a\u200bb")
        assert flaws_of(form, sandbox) == [(pointer, "format_control")]


def test_every_field_has_a_label_in_both_languages(sandbox: Profile) -> None:
    found = labels(sandbox)
    assert {at for at, _ in leaves(InitialForm)} <= set(found)
    assert all(words.zh and words.en for words in found.values())


def leaves(model: type[Table], at: str = "") -> Iterator[tuple[str, object]]:
    """Every field of a model that is no model itself, by its pattern."""
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        if isinstance(annotation, UnionType):
            models = [each for each in annotation.__args__ if is_model(each)]
            if models:
                yield from leaves(models[0], f"{at}/{name}")
                continue
        if getattr(annotation, "__origin__", None) is tuple:
            inner = annotation.__args__[0]
            if is_model(inner):
                yield from leaves(inner, f"{at}/{name}/*")
                continue
        if is_model(annotation):
            yield from leaves(annotation, f"{at}/{name}")
            continue
        # A pattern makes a string a hash, which needs no guard.
        is_free = annotation is str and not field.metadata
        yield f"{at}/{name}", str if is_free else annotation if annotation is not str else None


def is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Table)


def put(node: Any, path: list[str], value: str) -> None:
    place = int(path[0]) if path[0].isdigit() else path[0]
    if path[1:]:
        put(node[place], path[1:], value)
    else:
        node[place] = value
