"""The simplified procedure for what other registers held before the guide (guide art. 41).

What is made is a new registration: with a new code, a new term from its own attestation and its
files kept; the old number is a reference.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from registry.rules import NeedInfo, Refused
from registry.rules.initial_form import Matter, PriorRegistration
from registry.rules.profiles import Profile
from registry.rules.refusals import refused
from registry.rules.settled import is_so, word, words
from registry.rules.validity import BEIJING

ARTICLE = "guide art. 41"


class Stage(StrEnum):
    """The steps of art. 14: 申请, 受理, 审查, 公示, 异议处理, 信息存证, 凭证核发; and keeping (art. 10)."""

    APPLICATION = "APPLICATION"
    ACCEPTANCE = "ACCEPTANCE"
    REVIEW = "REVIEW"
    NOTICE = "NOTICE"
    OBJECTIONS = "OBJECTIONS"
    ATTESTATION = "ATTESTATION"
    CERTIFICATE = "CERTIFICATE"
    KEEPING = "KEEPING"


@dataclass(frozen=True)
class Simplification:
    """What may be shortened: the stages, and within review the matters whose review agrees.

    `full` are the stages that stay as they are, `review` the matters reviewed as ever.
    """

    stages: tuple[Stage, ...]
    full: tuple[Stage, ...]
    matters: tuple[Matter, ...]
    review: tuple[Matter, ...]
    basis: str


def simplification(
    prior: PriorRegistration,
    *,
    filed: datetime,
    agreed: frozenset[Matter] | None,
    profile: Profile,
) -> Simplification | Refused | NeedInfo:
    """How far an earlier registration simplifies a new one.

    `agreed` are the matters whose review the registrar itself found to agree with the guide, None
    before it looked; what the applicant states of them decides nothing.
    """
    refusal = _refused(prior, filed.astimezone(BEIJING).date(), profile)
    if refusal is not None:
        return refusal
    if agreed is None:
        return NeedInfo(("agreed",), ARTICLE)
    matters = tuple(matter for matter in Matter if matter in agreed and matter in prior.matters)
    if not matters:
        return refused("nothing_agrees", ARTICLE)
    open_stages = {Stage(name) for name in words(profile, "prior_simplifies")}
    return Simplification(
        stages=tuple(stage for stage in Stage if stage in open_stages),
        full=tuple(stage for stage in Stage if stage not in open_stages),
        matters=matters,
        review=tuple(matter for matter in Matter if matter not in matters),
        basis=ARTICLE,
    )


def _refused(prior: PriorRegistration, filed: date, profile: Profile) -> Refused | None:
    known = words(profile, "prior_profiles")
    if prior.profile not in known:
        source = profile.settings["prior_profiles"].source
        return refused("unknown_rules", source, got=prior.profile, known=", ".join(known))
    before = date.fromisoformat(word(profile, "prior_before"))
    if prior.issued >= before:
        source = profile.settings["prior_before"].source
        return refused("too_young", source, day=prior.issued, before=before)
    has_lapsed = prior.expires is not None and prior.expires < filed
    if has_lapsed and is_so(profile, "prior_must_stand"):
        source = profile.settings["prior_must_stand"].source
        return refused("prior_lapsed", source, day=prior.expires)
    return None
