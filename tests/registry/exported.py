"""The bundle of a real registration as a stranger has it, and what a report says of it."""

import copy
import json
from dataclasses import dataclass
from typing import Any

from registry import certificates
from registry.hashes import canonical
from registry.verification import Report
from tests.registry.procedure import World


@dataclass(frozen=True)
class Exported:
    """A registration's bundle, all disclosed, and the trust file for it."""

    world: World
    bundle: dict[str, Any]
    trust: dict[str, Any]

    def copies(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return copy.deepcopy(self.bundle), copy.deepcopy(self.trust)


def export(made: World, *disclose: certificates.Disclosure) -> Exported:
    made.follow()
    with made.engine.connect() as connection:
        bundle = certificates.bundle(
            made.chain,
            made.deployment,
            connection,
            made.documents,
            made.checkpoints,
            made.registration,
            disclose=disclose,
        )
        trust = certificates.trust_file(made.chain, made.deployment, connection)
    # As a stranger has them: from a file.
    return Exported(made, json.loads(canonical(bundle)), json.loads(canonical(trust)))


def verdicts(report: Report) -> dict[str, str]:
    return {claim.name: claim.verdict for claim in report.claims}


def because(report: Report, name: str) -> str:
    return next(claim.because for claim in report.claims if claim.name == name)
