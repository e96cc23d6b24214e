"""Running the steps over one bundle, and what came of it."""

from dataclasses import dataclass
from typing import Any, Literal

from registry.verification.case import Case
from registry.verification.claims import STEPS, Step
from registry.verification.evidence import Unknown, Wrong
from registry.verification.shapes import TRUST, check

Verdict = Literal["established", "not established", "false"]


@dataclass(frozen=True)
class Claim:
    """One fact and whether the bundle shows it.

    `as_of` is the block up to which it was looked at, None for what does not age; `needed` ones must
    be established for exit code 0.
    """

    number: int
    name: str
    claim: dict[str, str]
    verdict: Verdict
    because: str
    as_of: int | None
    needed: bool


@dataclass(frozen=True)
class Report:
    """All claims, in order. Of the whole it says nothing but the exit code."""

    claims: tuple[Claim, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing is false and every needed claim is established, else 7."""
        return (
            7
            if any(
                claim.verdict == "false" or (claim.needed and claim.verdict != "established")
                for claim in self.claims
            )
            else 0
        )


def verify(bundle: Any, trust: Any = None, *, data_root: str | None = None) -> Report:
    """Every step over a bundle and a trust file, both parsed JSON; no bundle makes it raise.

    `data_root` is the fingerprint of a local file as `0x` text; without it the last claim is left
    out. Raises: ValueError when the trust file is malformed, naming the place.
    """
    if trust is not None:
        try:
            check(trust, "Trust", "")
        except Wrong as e:
            raise ValueError(f"trust file: {e}") from None
        if trust["trust"] != TRUST:
            raise ValueError(f"trust file: expected {TRUST}")
    case, claims = Case(bundle, trust, data_root), list[Claim]()
    verdicts: dict[str, Verdict] = {}
    for number, step in enumerate(STEPS, 1):
        if step.name == "data" and data_root is None:
            continue
        verdict, because = _answer(step, case, verdicts)
        verdicts[step.name] = verdict
        ages = step.ages and verdicts["shape"] == "established"
        claims.append(
            Claim(
                number,
                step.name,
                {"en": step.en, "zh": step.zh},
                verdict,
                because,
                bundle["certificate"]["as_of"]["block"] if ages else None,
                step.needed,
            )
        )
    return Report(tuple(claims))


def _answer(step: Step, case: Case, before: dict[str, Verdict]) -> tuple[Verdict, str]:
    lacking = [name for name in step.after if before[name] != "established"]
    if lacking:
        return "not established", f"it rests on what is not established: {', '.join(lacking)}"
    try:
        return "established", step.check(case)
    except Unknown as e:
        return "not established", str(e)
    except Wrong as e:
        return "false", str(e)
    # What a hostile bundle can make the reading of evidence do.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as e:
        return "false", f"the evidence cannot be read: {type(e).__name__}: {e}"
