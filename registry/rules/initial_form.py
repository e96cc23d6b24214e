"""The form of an initial registration (guide annex 1), as JSON has it; nothing is coerced.

Here is only the shape. What the texts may hold and what the law says to the claims is in `forms`.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from registry.rules.eligibility import Facts, Source
from registry.rules.grading import GradeName, Outbound
from registry.rules.rights import Rights
from registry.rules.tables import Table

Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


def _day(value: object) -> object:
    # ISO 8601 also knows weeks and short forms; a day of the form is written one way only.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    if isinstance(value, date):
        return value
    raise ValueError("expected a day such as 2024-12-31")


Day = Annotated[date, BeforeValidator(_day)]


class ApplicantKind(StrEnum):
    """自然人, 法人, 非法人组织."""

    NATURAL = "NATURAL"
    LEGAL = "LEGAL"
    UNINCORPORATED = "UNINCORPORATED"


class Reach(StrEnum):
    """地域范围: 国际, 全国, 省级, 市级, 区县级, 区县级以下."""

    INTERNATIONAL = "INTERNATIONAL"
    NATIONAL = "NATIONAL"
    PROVINCE = "PROVINCE"
    CITY = "CITY"
    COUNTY = "COUNTY"
    BELOW_COUNTY = "BELOW_COUNTY"


class Frequency(StrEnum):
    """更新频率: 按天, 按周, 按月, 按年, 按需, 实时, 其他."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"
    ON_DEMAND = "ON_DEMAND"
    REAL_TIME = "REAL_TIME"
    OTHER = "OTHER"


class Medium(StrEnum):
    """数据形态: 图片, 文本, 视频, 音频, 表格, 其他形态."""

    IMAGE = "IMAGE"
    TEXT = "TEXT"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    TABLE = "TABLE"
    OTHER = "OTHER"


class Structure(StrEnum):
    """结构化, 半结构化, 非结构化."""

    STRUCTURED = "STRUCTURED"
    SEMI_STRUCTURED = "SEMI_STRUCTURED"
    UNSTRUCTURED = "UNSTRUCTURED"


class PaperKind(StrEnum):
    """What a paper proves (guide arts. 16, 33; important data: our reading of art. 20(5))."""

    IDENTITY = "IDENTITY"
    LAWFUL_SOURCE = "LAWFUL_SOURCE"
    AGREEMENT = "AGREEMENT"
    DESCRIPTION = "DESCRIPTION"
    IMPORTANT_DATA_PROOF = "IMPORTANT_DATA_PROOF"
    RISK_ASSESSMENT = "RISK_ASSESSMENT"
    OTHER = "OTHER"


class Claim(Table):
    """What one applicant claims (权利配置说明).

    `until` is the last day agreed for the rights, Beijing time; `None` when nothing was agreed.
    """

    rights: Rights
    until: Day | None = None
    limits: str


class Applicant(Table):
    """One applicant. `party` is its id on chain; contact, phone and address are never published."""

    party: Hash
    name: str
    kind: ApplicantKind
    id: str
    contact: str
    phone: str
    address: str
    business_status: str
    claim: Claim


class OtherHolder(Table):
    """Somebody who holds rights in the same data and does not apply; rights are not exclusive."""

    name: str
    id: str
    rights: Rights
    until: Day | None = None
    limits: str


class TimeScope(Table):
    """Days the data cover, both included."""

    first: Day
    last: Day


class Description(Table):
    """The data themselves (数据信息)."""

    name: str
    overview: str
    industry: str
    source: Source
    facts: Facts
    reach: Reach
    place: str
    time_scope: TimeScope
    update_frequency: Frequency
    volume: str
    media: Annotated[tuple[Medium, ...], Field(min_length=1, max_length=6)]
    structure: Structure
    restrictions: str


class Paper(Table):
    """A document in the store, by its content hash."""

    kind: PaperKind
    hash: Hash


class Matter(StrEnum):
    """What a registrar reviews (art. 18): 数据描述的准确性, 数据来源的合规性, 数据产权的明确性."""

    DESCRIPTION = "DESCRIPTION"
    SOURCE = "SOURCE"
    RIGHTS = "RIGHTS"


class PriorRegistration(Table):
    """A registration of another kind, made before the guide took effect (art. 41).

    `profile` names the rules it was made under, `paper` what they issued; `certificate` is the content
    hash of that, `matters` what was reviewed then as the guide asks. The old number is a reference.
    """

    profile: str
    paper: str
    number: str
    issued_by: str
    issued: Day
    expires: Day | None = None
    certificate: Hash
    matters: Annotated[tuple[Matter, ...], Field(max_length=3)]


class InitialForm(Table):
    """The whole form. `sample` is the content hash of the data sample that art. 33 asks for."""

    applicants: Annotated[tuple[Applicant, ...], Field(min_length=1, max_length=32)]
    other_holders: Annotated[tuple[OtherHolder, ...], Field(max_length=32)] = ()
    data: Description
    grade: GradeName
    outbound: Outbound
    sample: Hash
    papers: Annotated[tuple[Paper, ...], Field(min_length=1, max_length=100)]
    prior_registration: PriorRegistration | None = None
