"""The forms of what follows an initial registration (guide annexes 2 to 5), as JSON has them.

Here is only the shape; nothing is coerced. What may stand in a form is `applications`, what the law
says to it `transfers`, `amendments`, `renewals` and `cancellations`.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue

from registry.rules.initial_form import ApplicantKind, Day, Hash
from registry.rules.rights import Rights
from registry.rules.tables import Table


class Role(StrEnum):
    """登记申请人, 转让方, 受让方, 利害关系人; an interested party applies for corrections alone."""

    APPLICANT = "APPLICANT"
    TRANSFEROR = "TRANSFEROR"
    TRANSFEREE = "TRANSFEREE"
    INTERESTED_PARTY = "INTERESTED_PARTY"


class ProofKind(StrEnum):
    """What a paper of a later application is (guide arts. 34 to 37; public data: arts. 7, 9)."""

    CERTIFICATE = "CERTIFICATE"
    TRANSFER_CONTRACT = "TRANSFER_CONTRACT"
    PROOF_OF_CHANGE = "PROOF_OF_CHANGE"
    PROOF_OF_GROUND = "PROOF_OF_GROUND"
    IDENTITY = "IDENTITY"
    CONSENT = "CONSENT"
    EVIDENCE = "EVIDENCE"
    OTHER = "OTHER"


class Proof(Table):
    """A document in the store, by its content hash."""

    kind: ProofKind
    hash: Hash


class Person(Table):
    """One of those who apply. `party` is its id on chain; all but name and role is never published."""

    party: Hash
    role: Role
    name: str
    kind: ApplicantKind
    id: str
    contact: str
    phone: str
    address: str


class LaterForm(Table):
    """What annexes 2 to 5 share. `subject` is the registration concerned, `certificate` its code."""

    subject: Hash
    certificate: str
    name: str
    applicants: Annotated[tuple[Person, ...], Field(min_length=1, max_length=32)]
    papers: Annotated[tuple[Proof, ...], Field(min_length=1, max_length=100)]


class Conveyance(Table):
    """What one transferee gets of one transferor (转让权利内容).

    `is_whole`: of all data registered, not of a part. `until` is the last day agreed, Beijing time;
    None for all that the transferor has left.
    """

    transferor: Hash
    transferee: Hash
    rights: Rights
    is_whole: bool
    data_range: str
    scope: str
    until: Day | None = None
    use_range: str


class TransferForm(LaterForm):
    """Annex 2. `is_retained`: the transferor keeps what it transfers, which is a licence.

    `participants_consent`: those who took part in fusing the data agree; None where none were.
    """

    conveyances: Annotated[tuple[Conveyance, ...], Field(min_length=1, max_length=32)]
    is_retained: bool
    participants_consent: bool | None = None


class Cause(StrEnum):
    """Why a registered matter is amended (art. 35(2)): 有误, 发生变化."""

    WRONG = "WRONG"
    CHANGED = "CHANGED"


class Change(Table):
    """One row of 变更事项. `at` is the JSON pointer of the field in the form as registered."""

    at: Annotated[str, Field(pattern=r"^(/[a-z_]+|/[0-9]{1,3})+$", max_length=100)]
    cause: Cause
    before: JsonValue
    after: JsonValue


class AmendmentForm(LaterForm):
    """Annex 3."""

    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=100)]


class Share(Table):
    """Some rights of one applicant, none of public data, where a registration is not of rights."""

    party: Hash
    rights: Rights


class RenewalForm(LaterForm):
    """Annex 4. `until` is the last day applied for; None for the longest that the law allows."""

    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=32)]
    until: Day | None = None
    matter: str


class CancellationForm(LaterForm):
    """Annex 5. `ground` is a number of the profile."""

    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=32)]
    ground: Annotated[int, Field(ge=1, le=255)]
    reason: str


class CorrectionForm(LaterForm):
    """更正登记 of public data (发改数据规〔2025〕26号 art. 9(3)); that order has no template."""

    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=100)]
    reason: str
