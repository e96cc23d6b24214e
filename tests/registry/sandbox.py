"""A sandbox registry on an embedded chain of its own, with everyone who has a key in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from registry.chain import Chain
from registry.deployment import Deployment
from registry.deployment.building import deploy
from registry.deployment.steps import Plan, plan
from registry.embedded import EmbeddedChain, serve
from registry.keys import Key
from registry.registrars import APPROVER, REVIEWER
from registry.rules import profiles

REGISTRAR = 990
WEALTH = 10**24


@dataclass(frozen=True)
class Staff:
    """Who has a key: the owner deploys, grants and guards; the relayer only pays."""

    owner: Key = field(default_factory=Key.fresh)
    reviewer: Key = field(default_factory=Key.fresh)
    approver: Key = field(default_factory=Key.fresh)
    checkpointer: Key = field(default_factory=Key.fresh)
    relayer: Key = field(default_factory=Key.fresh)

    def plan(
        self, *, grant_delay: int = 0, owner: str | None = None, rules: str = profiles.DEMO
    ) -> Plan:
        return plan(
            self.owner.address,
            rules=[profiles.load(rules)],
            owner=owner,
            grant_delay=grant_delay,
            registrars={
                REGISTRAR: {self.reviewer.address: REVIEWER, self.approver.address: APPROVER}
            },
            checkpoint_keys=[self.checkpointer.address],
        )


@dataclass(frozen=True)
class Sandbox:
    """A deployed registry; `node.request("evm_increaseTime", [seconds])` moves its clock."""

    url: str
    chain: Chain
    node: EmbeddedChain
    deployment: Deployment
    staff: Staff
    journal: Path


@contextmanager
def embedded(
    folder: Path, *rich: Key, interval: float | None = 0
) -> Iterator[tuple[EmbeddedChain, str]]:
    """A chain whose clock tests may move, and its URL; these keys are funded when it is new."""
    funded = {key.address: WEALTH for key in rich}
    path = folder / "chain.db"
    with (
        EmbeddedChain.open(path, funded=funded, interval=interval, controls=True) as node,
        serve(node) as url,
    ):
        yield node, url


def deployed_on(
    node: EmbeddedChain, url: str, staff: Staff, folder: Path, *, rules: str = profiles.DEMO
) -> Sandbox:
    chain, journal = Chain(url), folder / "deployment.journal"
    deployment = deploy(chain, staff.owner, staff.plan(rules=rules), journal)
    return Sandbox(url, chain, node, deployment, staff, journal)
