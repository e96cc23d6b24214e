"""The form of a first registration of public data resources, as JSON has it; nothing is coerced.

Its members are the materials of 发改数据规〔2025〕26号 art. 9(1); that order has no template. Here is
only the shape; what the law says to it is `public_data`.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from registry.rules.grading import GradeName
from registry.rules.initial_form import (
    ApplicantKind,
    Day,
    Frequency,
    Hash,
    Medium,
    Reach,
    Structure,
    TimeScope,
)
from registry.rules.tables import Table


class Capacity(StrEnum):
    """As what a registrant registers (arts. 3, 5): 直接持有或管理, 授权运营, 公用企业."""

    HOLDER = "HOLDER"
    OPERATOR = "OPERATOR"
    UTILITY = "UTILITY"


class Basis(StrEnum):
    """Where public data come from (art. 3): 依法履职, 提供公共服务, 授权运营."""

    DUTIES = "DUTIES"
    PUBLIC_SERVICE = "PUBLIC_SERVICE"
    AUTHORISED_OPERATION = "AUTHORISED_OPERATION"


class PublicPaperKind(StrEnum):
    """What a paper proves (arts. 7, 9(1))."""

    IDENTITY = "IDENTITY"
    LAWFUL_SOURCE = "LAWFUL_SOURCE"
    BUSINESS_REVIEW = "BUSINESS_REVIEW"
    RISK_ASSESSMENT = "RISK_ASSESSMENT"
    JOINT_CONSENT = "JOINT_CONSENT"
    OTHER = "OTHER"


class PublicPaper(Table):
    """A document in the store, by its content hash."""

    kind: PublicPaperKind
    hash: Hash


class Registrant(Table):
    """登记主体. `party` is its id on chain; contact, phone and address are never published."""

    party: Hash
    capacity: Capacity
    name: str
    kind: ApplicantKind
    id: str
    contact: str
    phone: str
    address: str


class Agreeing(Table):
    """One concerned that lets another apply alone (art. 7)."""

    name: str
    id: str


class PublicSource(Table):
    """数据合法合规性来源."""

    basis: Basis
    statement: str


class PublicResource(Table):
    """数据资源情况."""

    name: str
    overview: str
    industry: str
    reach: Reach
    place: str
    time_scope: TimeScope
    update_frequency: Frequency
    volume: str
    media: Annotated[tuple[Medium, ...], Field(min_length=1, max_length=6)]
    structure: Structure


class PriorAttestation(Table):
    """存证情况: made before the application (art. 7 ¶2). `digest` is what was attested."""

    by: str
    on: Day
    digest: Hash


class PublicProduct(Table):
    """产品和服务信息. `delivered` is the day it was handed over; None while it was not."""

    name: str
    overview: str
    delivered: Day | None = None


class AuthorisedOperation(Table):
    """The agreement of authorised operation: first and last day agreed, both included.

    `ended` is the day on which operation ended early; None while it goes on.
    """

    agreement: Hash
    first: Day
    last: Day
    ended: Day | None = None


class PublicForm(Table):
    """The whole form. `product` is None for a resource; `operation` where none was authorised."""

    applicants: Annotated[tuple[Registrant, ...], Field(min_length=1, max_length=32)]
    agreeing: Annotated[tuple[Agreeing, ...], Field(max_length=32)] = ()
    source: PublicSource
    resource: PublicResource
    attestation: PriorAttestation
    product: PublicProduct | None = None
    scenario: str
    operation: AuthorisedOperation | None = None
    grade: GradeName
    papers: Annotated[tuple[PublicPaper, ...], Field(min_length=1, max_length=100)]
