"""The simplified procedure for what other registers held before the guide (guide art. 41).

What is made is a new registration: with a new code, a new term from its own attestation and its
files kept; the old number is a reference.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from registry.errors import NotFound
from registry.rules import NeedInfo, Refused, prior
from registry.rules.initial_form import Matter, PriorRegistration
from registry.rules.profiles import Profile
from registry.rules.refusals import refused
from registry.rules.settled import words
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
    found: PriorRegistration,
    *,
    filed: datetime,
    agreed: frozenset[Matter] | None,
    profile: Profile,
) -> Simplification | Refused | NeedInfo:
    """How far an earlier registration simplifies a new one.

    `agreed` are the matters whose review the registrar itself found to agree with the guide, None
    before it looked; what the applicant states of them decides nothing.
    """
    refusal = _refused(found, filed.astimezone(BEIJING).date(), profile)
    if refusal is not None:
        return refusal
    if agreed is None:
        return NeedInfo(("agreed",), ARTICLE)
    matters = tuple(matter for matter in Matter if matter in agreed and matter in found.matters)
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


def _refused(found: PriorRegistration, filed: date, profile: Profile) -> Refused | None:
    try:
        rules = prior.load(found.profile)
    except NotFound:
        return refused("unknown_rules", ARTICLE, got=found.profile)
    paper = rules.papers.get(found.paper)
    if paper is None or not paper.is_certificate:
        return refused("no_certificate", ARTICLE, paper=found.paper, got=rules.name)
    if not re.fullmatch(rules.certificate_pattern, found.number):
        return refused("no_old_number", ARTICLE, number=found.number)
    first, last = rules.in_force.value
    if not first <= found.issued <= last:
        return refused("not_of_its_time", ARTICLE, day=found.issued, first=first, last=last)
    if profile.in_force is not None and found.issued >= profile.in_force.first:
        return refused("too_young", ARTICLE, day=found.issued, before=profile.in_force.first)
    has_lapsed = found.expires is not None and found.expires < filed
    setting = rules.settings["expired_may_be_imported"]
    if has_lapsed and setting.value is not True:
        return refused("prior_lapsed", setting.source, day=found.expires)
    return None
