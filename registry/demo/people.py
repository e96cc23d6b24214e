"""The people of the story: all fictitious and saying so, with keys generated for this installation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry import keys
from registry.demo.machine import today
from registry.keys import Key
from registry.messages import party_of
from registry.rules.identifiers import make_fictitious_uscc

Form = dict[str, Any]

# What each applicant answers about its data, beside what all of them answer.
HARMLESS = {
    "lawfully_obtained": True,
    "ownership_dispute": False,
    "registered_before": False,
    "personal_information": False,
    "important_data": False,
    "duty_of": "NONE",
}
COLLECTED = (
    {"way": "SELF_GENERATED", "situation": "SELF_GENERATED"},
    HARMLESS | {"contract_kept": True},
)
AGREED = (
    {"way": "BY_AGREEMENT", "situation": "BY_AGREEMENT"},
    HARMLESS | {"contract_states": True, "contract_grants": ["HOLD", "USE"]},
)
# Published by a ministry: a government body collected them in its duties, and no way of gathering
# them afterwards changes that (guide art. 15(1)).
GATHERED = (
    {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"},
    HARMLESS
    | {
        "duty_of": "PARTY_OR_GOVERNMENT",
        "publicly_available": True,
        "graded_and_protected": True,
        "intrusion": False,
        "interference": False,
        "circumvention": False,
        "harm_to_others": False,
    },
)


@dataclass(frozen=True)
class Person:
    """A fictitious enterprise with its key."""

    name: str
    key: Key

    @property
    def party(self) -> str:
        return party_of(self.key.address)

    @staticmethod
    def of(folder: Path, place: str, name: str) -> "Person":
        return Person(f"{name}（虚构）", keys.own(folder, place))

    def paper(self, kind: str, text: str) -> bytes:
        """A paper of this person's; it says itself that it proves nothing."""
        told = f"演示材料，主体为虚构，不具有证明力。\n申请人：{self.name}\n材料：{kind}\n{text}\n"
        return told.encode()

    def as_applicant(self, role: str = "APPLICANT") -> Form:
        """As annexes 2 to 5 ask for who applies."""
        return {
            "party": self.party,
            "role": role,
            "name": self.name,
            "kind": "LEGAL",
            "id": make_fictitious_uscc(self.name),
            "contact": "示范联系人",
            "phone": "000-00000000",
            "address": "示范市示范区示范路1号（虚构）",
        }

    def form(
        self,
        *,
        name: str,
        overview: str,
        rights: list[str],
        obtained: tuple[dict[str, str], dict[str, Any]],
        volume: str,
        span: tuple[str, str] | None,
        sample: str,
        papers: list[tuple[str, str]],
        until: str | None = None,
    ) -> Form:
        """The annex-1 form; `span` is first and last day, today where None; papers are (kind, hash);
        `until` is the last day agreed, in Beijing."""
        source, facts = obtained
        first, last = span or (today().isoformat(), today().isoformat())
        return {
            "applicants": [
                {
                    "party": self.party,
                    "name": self.name,
                    "kind": "LEGAL",
                    "id": make_fictitious_uscc(self.name),
                    "contact": "示范联系人",
                    "phone": "000-00000000",
                    "address": "示范市示范区示范路1号（虚构）",
                    "business_status": "存续（虚构）",
                    "claim": {"rights": rights, "limits": "无"}
                    | ({"until": until} if until else {}),
                }
            ],
            "data": {
                "name": name,
                "overview": overview,
                "industry": "I65",
                "source": source,
                "facts": facts,
                "reach": "NATIONAL" if span else "BELOW_COUNTY",
                "place": "全国" if span else "示范机房",
                "time_scope": {"first": first, "last": last},
                "update_frequency": "MONTHLY" if span else "REAL_TIME",
                "volume": volume,
                "media": ["TABLE"],
                "structure": "STRUCTURED",
                "restrictions": "无",
            },
            "grade": "GENERAL",
            "outbound": "NONE",
            "sample": sample,
            "papers": [{"kind": kind, "hash": hash} for kind, hash in papers],
        }


@dataclass(frozen=True)
class People:
    """Who files, who may not, who objects. The registrar's officers belong to the installation."""

    collector: Person
    partner: Person
    gatherer: Person
    objector: Person
    operator: Person

    @staticmethod
    def of(folder: Path) -> "People":
        return People(
            collector=Person.of(folder, "collector", "示范云算有限公司"),
            partner=Person.of(folder, "partner", "示范园区运营有限公司"),
            gatherer=Person.of(folder, "gatherer", "示范网络采集有限公司"),
            objector=Person.of(folder, "objector", "示范异议有限公司"),
            operator=Person.of(folder, "operator", "示范数据经营有限公司"),
        )
