"""Building a registry on a chain

Deploying
├── gives what verify finds nothing in, where the plan said, within nine transactions
├── sends nothing the second time
├── killed before or after any one of its sends goes on to the same addresses, doing nothing twice
├── goes on when no block comes for a while
├── refuses another's plan, and another notice for lost keys than that which stands for good
├── waits for the delay of grants, and goes on when it has passed
├── hands everything over to another owner
├── does not reappoint an officer who was dismissed since
└── works on another node
Administering
├── is for holders of the role, at once or after its delay
└── says why the contract refuses
"""

from dataclasses import replace
from pathlib import Path

import pytest

from registry.chain import Chain, Reverted
from registry.deployment import Deployment, verify
from registry.deployment.blueprint import GRANTOR
from registry.deployment.building import NotYet, addresses, administer, deploy
from registry.errors import Conflict, Forbidden, Malformed, Unavailable
from registry.keys import Key
from tests.registry.deployment.mortal import SENDS, Died, Mortal
from tests.registry.sandbox import REGISTRAR, Sandbox, Staff, embedded

ANYTHING = bytes(31) + b"\x01"


def stands(chain: Chain, deployment: Deployment, staff: Staff) -> bool:
    registrars = deployment.contracts["Registrars"]
    roles = [
        chain.ask("Registrars", registrars, "roles", REGISTRAR, key.address)
        for key in (staff.reviewer, staff.approver)
    ]
    key = staff.checkpointer.address
    return roles == [1, 2] and bool(chain.ask("Registrars", registrars, "isCheckpointKey", key))


def assert_whole(chain: Chain, deployment: Deployment, staff: Staff) -> None:
    """Where the plan said, with nothing sent twice, and nothing that verify could find."""
    assert deployment.contracts == addresses(staff.owner.address, 0)
    assert chain.nonce(staff.owner.address) == SENDS
    assert stands(chain, deployment, staff)
    assert verify(chain, deployment) == []


class TestDeploy:
    def test_gives_what_the_plan_said(self, deployed: Sandbox) -> None:
        assert_whole(deployed.chain, deployed.deployment, deployed.staff)

    def test_sends_nothing_the_second_time(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        chain, journal = Chain(url), tmp_path / "journal"
        first = deploy(chain, fresh.owner, fresh.plan(), journal)
        told, head = journal.read_bytes(), chain.head()
        assert deploy(chain, fresh.owner, fresh.plan(), journal) == first
        assert (journal.read_bytes(), chain.head().hash) == (told, head.hash)

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("nth", range(1, SENDS + 1))
    def test_goes_on_where_it_died(
        self, url: str, fresh: Staff, tmp_path: Path, nth: int, after: bool
    ) -> None:
        with pytest.raises(Died):
            deploy(Mortal(url, nth, after=after), fresh.owner, fresh.plan(), tmp_path / "journal")
        chain = Chain(url)
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        assert_whole(chain, deployment, fresh)

    def test_goes_on_when_blocks_are_slow(self, tmp_path: Path) -> None:
        staff = Staff()
        with embedded(tmp_path, staff.owner, interval=None) as (node, url):
            chain, journal = Chain(url), tmp_path / "journal"
            # One block each for the contracts, the roles and the grants.
            for _ in range(3):
                with pytest.raises(Unavailable, match="in no block after"):
                    deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
                node.request("evm_mine")
            deployment = deploy(chain, staff.owner, staff.plan(), journal)
            assert verify(chain, deployment) == []
            assert chain.nonce(staff.owner.address) == SENDS

    def test_refuses_anothers_plan(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        with pytest.raises(Forbidden):
            deploy(Chain(url), Key.fresh(), fresh.plan(), tmp_path / "journal")
        assert not (tmp_path / "journal").exists()

    def test_refuses_another_notice_for_lost_keys(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        deploy(Chain(url), fresh.owner, fresh.plan(), tmp_path / "journal")
        other = replace(fresh.plan(), key_notice=77)
        with pytest.raises(Conflict, match="the plan says 77 s"):
            deploy(Chain(url), fresh.owner, other, tmp_path / "journal")

    def test_waits_for_the_delay_of_grants(self, tmp_path: Path) -> None:
        staff = Staff()
        with embedded(tmp_path, staff.owner) as (node, url):
            chain, journal = Chain(url), tmp_path / "journal"
            steps = staff.plan(grant_delay=3600)
            for _ in range(2):
                with pytest.raises(NotYet) as waiting:
                    deploy(chain, staff.owner, steps, journal)
            assert waiting.value.until - chain.head().time == 3600
            node.request("evm_increaseTime", [3660])
            deployment = deploy(chain, staff.owner, steps, journal)
            assert stands(chain, deployment, staff)
            assert deploy(chain, staff.owner, steps, journal) == deployment
            more = (chain, deployment, staff.owner, "Registrars", "admit", 991)
            with pytest.raises(NotYet):
                administer(*more)
            with pytest.raises(NotYet):
                administer(*more)
            administer(chain, deployment, staff.owner, "Registrars", "retire", Key.fresh().address)
            node.request("evm_increaseTime", [3660])
            administer(*more)
            assert verify(chain, deployment) == []

    def test_schedules_anew_what_nobody_executed_in_its_week(self, tmp_path: Path) -> None:
        staff = Staff()
        with embedded(tmp_path, staff.owner) as (node, url):
            chain, journal = Chain(url), tmp_path / "journal"
            steps = staff.plan(grant_delay=3600)
            with pytest.raises(NotYet) as first:
                deploy(chain, staff.owner, steps, journal)
            node.request("evm_increaseTime", [3660 + 7 * 86400])
            node.request("evm_mine")
            with pytest.raises(NotYet) as second:
                deploy(chain, staff.owner, steps, journal)
            assert second.value.until > first.value.until + 7 * 86400

    def test_hands_over_to_another_owner(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        chain, owner = Chain(url), Key.fresh()
        steps = fresh.plan(owner=owner.address)
        deployment = deploy(chain, fresh.owner, steps, tmp_path / "journal")
        assert deploy(chain, fresh.owner, steps, tmp_path / "journal") == deployment
        with pytest.raises(Forbidden):
            administer(chain, deployment, fresh.owner, "Registrars", "admit", 991)
        with pytest.raises(Forbidden):
            administer(chain, deployment, fresh.owner, "Registrars", "suspend", REGISTRAR, ANYTHING)
        manager = deployment.contracts["AccessManager"]
        for role in (0, 1, 2):
            assert chain.ask("AccessManager", manager, "hasRole", role, owner.address) == (True, 0)
            assert not chain.ask("AccessManager", manager, "hasRole", role, fresh.owner.address)[0]

    def test_does_not_reappoint_who_was_dismissed(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        chain, reviewer = Chain(url), fresh.reviewer.address
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        administer(chain, deployment, fresh.owner, "Registrars", "dismiss", REGISTRAR, reviewer)
        deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        registrars = deployment.contracts["Registrars"]
        assert chain.ask("Registrars", registrars, "roles", REGISTRAR, reviewer) == 0


class TestOnAnotherNode:
    def test_deploys_dies_and_goes_on(self, node: str, rich_there: Staff, tmp_path: Path) -> None:
        for nth in (3, 5, 1):
            with pytest.raises(Died):
                deploy(
                    Mortal(node, nth, after=True),
                    rich_there.owner,
                    rich_there.plan(),
                    tmp_path / "journal",
                )
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        assert_whole(chain, deployment, rich_there)


class TestAdminister:
    def test_acts_at_once_where_there_is_no_delay(self, deployed: Sandbox) -> None:
        run = (deployed.chain, deployed.deployment, deployed.staff.owner, "Registrars")
        administer(*run, "admit", 7)
        administer(*run, "suspend", 7, ANYTHING)
        standing = deployed.chain.ask(
            "Registrars", deployed.deployment.contracts["Registrars"], "standing", 7
        )
        assert standing == 2

    def test_is_for_holders_of_the_role(self, deployed: Sandbox) -> None:
        for contract, function, *arguments in (
            ("Registrars", "admit", 8),
            ("AccessManager", "grantRole", GRANTOR, deployed.staff.relayer.address, 0),
        ):
            with pytest.raises(Forbidden):
                administer(
                    deployed.chain,
                    deployed.deployment,
                    deployed.staff.relayer,
                    str(contract),
                    str(function),
                    *arguments,
                )

    def test_says_why_the_contract_refuses(self, deployed: Sandbox) -> None:
        run = (deployed.chain, deployed.deployment, deployed.staff.owner, "Registrars")
        before = deployed.chain.nonce(deployed.staff.owner.address)
        with pytest.raises(Reverted, match=r"WrongStanding\(registrar=990"):
            administer(*run, "admit", REGISTRAR)
        with pytest.raises(Malformed, match=r"admit\(uint16\)"):
            administer(*run, "admit", 2**16)
        assert deployed.chain.nonce(deployed.staff.owner.address) == before
