"""Sound forms of every later kind, and the registration they concern, to be spoilt by tests."""

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from registry.rules.identifiers import make_fictitious_uscc
from registry.rules.profiles import Kind, Profile, Setting, load
from registry.rules.rights import ALL_RIGHTS, Right
from registry.rules.subjects import Entry, Subject
from registry.rules.validity import BEIJING, last_second
from tests.registry.rules.sample_form import HASH, Form

NATIONAL = load("CN_NDA_2026")
SANDBOX = load("SANDBOX")

REGISTRATION = "0x" + "01" * 32
CODE = "XX4412026110007"
PUBLIC_CODE = "44010020261100000001"
A, B, C, E = ("0x" + 32 * letter for letter in ("aa", "bb", "cc", "ee"))
NAMES = {A: "示范甲有限公司", B: "示范乙有限公司", C: "示范丙有限公司", E: "示范戊有限公司"}

ATTESTED = datetime(2026, 11, 20, 10, tzinfo=BEIJING)
LATER = datetime(2027, 6, 1, 9, tzinfo=BEIJING)
EXPIRY = last_second(ATTESTED, profile=NATIONAL)


def settled(profile: Profile, **values: bool | str | tuple[str, ...]) -> Profile:
    """The profile with some points read another way."""
    tried = {
        name: Setting(value=value, reason="tried here", source="test", certainty=0)
        for name, value in values.items()
    }
    assert tried.keys() <= profile.settings.keys()
    return replace(profile, settings=MappingProxyType({**profile.settings, **tried}))


# Public data among parties that are fictitious and must look it.
PUBLIC = replace(load("CN_PUBLIC_2025"), sandbox=True)


def a_subject(*entries: Entry) -> Subject:
    """The registration that the forms here concern: A holds all, unless told otherwise."""
    return Subject(
        registration=REGISTRATION,
        certificate=CODE,
        entries=entries or (Entry(A, ALL_RIGHTS, EXPIRY),),
        is_disputed=False,
    )


def a_public_subject() -> Subject:
    expiry = last_second(ATTESTED, profile=PUBLIC)
    return replace(
        a_subject(Entry(A, Right.HOLD, expiry)), certificate=PUBLIC_CODE, is_disputed=None
    )


def a_person(party: str, role: str) -> Form:
    return {
        "party": party,
        "role": role,
        "name": NAMES[party],
        "kind": "LEGAL",
        "id": make_fictitious_uscc(NAMES[party]),
        "contact": "联系人甲",
        "phone": "0755-00000000",
        "address": "示范市示范区示范路1号",
    }


def a_change(at: str, before: Any, after: Any, cause: str = "CHANGED") -> Form:
    return {"at": at, "cause": cause, "before": before, "after": after}


def a_conveyance(giver: str, taker: str, *rights: str) -> Form:
    return {
        "transferor": giver,
        "transferee": taker,
        "rights": list(rights),
        "is_whole": True,
        "data_range": "全部数据",
        "scope": "全国，非独占",
        "use_range": "不限",
    }


def papers(*kinds: str) -> list[Form]:
    return [{"kind": kind, "hash": HASH} for kind in kinds]


def a_later_form(kind: Kind) -> Form:
    """A sound form under SANDBOX; of CORRECTION under PUBLIC."""
    form: Form = {
        "subject": REGISTRATION,
        "certificate": CODE,
        "name": "2024年全国城市轨道交通客流数据集",
        "applicants": [a_person(A, "APPLICANT")],
        "papers": papers("CERTIFICATE", "PROOF_OF_CHANGE", "TRANSFER_CONTRACT", "PROOF_OF_GROUND"),
    }
    changes = [a_change("/data/time_scope/last", "2024-12-31", "2025-12-31")]
    share = {"party": A, "rights": ["HOLD", "USE", "OPERATE"]}
    match kind:
        case Kind.TRANSFER:
            return form | {
                "applicants": [a_person(A, "TRANSFEROR"), a_person(E, "TRANSFEREE")],
                "conveyances": [a_conveyance(A, E, "OPERATE")],
                "is_retained": False,
            }
        case Kind.AMENDMENT:
            return form | {"changes": changes}
        case Kind.RENEWAL:
            return form | {"shares": [share], "matter": "全部权利续期五年"}
        case Kind.CANCELLATION:
            return form | {"shares": [share], "ground": 1, "reason": "不再需要登记"}
        case _:
            correction = a_change("/resource/volume", "12条", "13条", "WRONG")
            return form | {
                "certificate": PUBLIC_CODE,
                "changes": [correction],
                "reason": "登记的数据量有误",
            }


def a_public_later_form(kind: Kind) -> Form:
    """A sound form under PUBLIC."""
    form = a_later_form(kind) | {"certificate": PUBLIC_CODE}
    if kind is Kind.AMENDMENT:
        form["changes"] = [a_change("/source/statement", "履职产生", "履职产生，新增共享来源")]
    if kind in (Kind.RENEWAL, Kind.CANCELLATION):
        form["shares"] = [{"party": A, "rights": []}]
    return form


def a_public_form() -> Form:
    """A first registration under PUBLIC: a product of authorised operation."""
    registrant = a_person(A, "APPLICANT")
    del registrant["role"]
    return {
        "applicants": [registrant | {"capacity": "OPERATOR"}],
        "source": {"basis": "AUTHORISED_OPERATION", "statement": "履职产生"},
        "resource": {
            "name": "2024年示范市公共交通运行数据",
            "overview": "示范市公共交通运行情况。",
            "industry": "G54",
            "reach": "CITY",
            "place": "示范市",
            "time_scope": {"first": "2024-01-01", "last": "2024-12-31"},
            "update_frequency": "MONTHLY",
            "volume": "12条",
            "media": ["TABLE"],
            "structure": "STRUCTURED",
        },
        "attestation": {"by": "示范存证机构", "on": "2026-10-01", "digest": HASH},
        "product": {
            "name": "示范市公交到站预测",
            "overview": "到站预测服务。",
            "delivered": "2026-11-02",
        },
        "scenario": "公众出行",
        "operation": {"agreement": HASH, "first": "2026-01-01", "last": "2028-12-31"},
        "grade": "GENERAL",
        "papers": papers("IDENTITY", "LAWFUL_SOURCE", "BUSINESS_REVIEW", "RISK_ASSESSMENT"),
    }
