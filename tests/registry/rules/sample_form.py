"""A sound form of a fictitious enterprise, to be spoilt by tests."""

from typing import Any

import pytest

from registry.errors import Malformed, NotAllowed
from registry.rules.forms import check
from registry.rules.identifiers import make_fictitious_uscc
from registry.rules.profiles import Profile

HASH = "0x" + "ab" * 32
Form = dict[str, Any]


def an_applicant(name: str, party: str) -> Form:
    return {
        "party": "0x" + party * 32,
        "name": name,
        "kind": "LEGAL",
        "id": make_fictitious_uscc(name),
        "contact": "联系人甲",
        "phone": "0755-00000000",
        "address": "示范市示范区示范路1号",
        "business_status": "存续\n经营范围：轨道交通客运",
        "claim": {"rights": ["HOLD", "USE", "OPERATE"], "limits": "无"},
    }


def a_form() -> Form:
    return {
        "applicants": [an_applicant("示范轨道数据有限公司", "22")],
        "data": {
            "name": "2024年全国城市轨道交通客流数据集",
            "overview": "该数据为示范公司在经营活动中产生，包含月度客运量，可用于运力调度。",
            "industry": "G54",
            "source": {"way": "SELF_GENERATED", "situation": "SELF_GENERATED"},
            "facts": {
                "lawfully_obtained": True,
                "ownership_dispute": False,
                "registered_before": False,
                "personal_information": False,
                "important_data": False,
                "duty_of": "NONE",
                "contract_kept": True,
            },
            "reach": "NATIONAL",
            "place": "全国",
            "time_scope": {"first": "2024-01-01", "last": "2024-12-31"},
            "update_frequency": "MONTHLY",
            "volume": "12条",
            "media": ["TABLE"],
            "structure": "STRUCTURED",
            "restrictions": "无",
        },
        "grade": "GENERAL",
        "outbound": "NONE",
        "sample": HASH,
        "papers": [
            {"kind": kind, "hash": HASH} for kind in ("IDENTITY", "LAWFUL_SOURCE", "DESCRIPTION")
        ],
    }


def flaws_of(form: object, profile: Profile) -> list[tuple[str, str]]:
    with pytest.raises((Malformed, NotAllowed)) as refusal:
        check(form, profile=profile)
    return [(flaw.pointer, flaw.rule) for flaw in refusal.value.flaws]
