"""Deployment

A plan: says its steps before anything is sent; refuses numbers, roles and gates that there are not
Deploying
├── gives what verify finds nothing in, where the plan said, within nine transactions
├── sends nothing the second time
├── killed before or after any one of its sends goes on to the same addresses, doing nothing twice
├── goes on when no block comes for a while, and when a node forgot what it was sent
├── names a transaction that took the place of its own
├── drops the half line of a journal that died writing it
├── refuses a nonce that was used elsewhere, another chain's journal, another's plan, a second process
├── waits for the delay of grants, and goes on when it has passed
├── hands everything over to another owner
├── does not reappoint an officer who was dismissed since
└── works on another node
Administering
├── is for holders of the role, at once or after its delay
└── says why the contract refuses
Checking: refuses another chain id, genesis, hash function, unit of time; replaced or missing code
Verifying: finds replaced code, a foreign immutable, a foreign source, a profile that is not ours
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from registry.blueprint import CONTRACTS, GRANTOR, call_data, terms
from registry.chain import Chain, Reverted
from registry.deploying import NotYet, addresses, administer, deploy
from registry.deployment import Deployment, check, verify
from registry.errors import Conflict, Forbidden, Malformed, Unavailable, WrongChain
from registry.hashes import from_hex, keccak, to_hex
from registry.keys import Key
from registry.plan import plan
from registry.rules import profiles
from registry.sender import Sender
from registry.transactions import Transaction
from tests.machine import running_anvil
from tests.registry.sandbox import REGISTRAR, WEALTH, Sandbox, Staff, embedded

SENDS = len(CONTRACTS) + 2
ANYTHING = bytes(31) + b"\x01"


class Died(BaseException):
    """The process ends here."""


class Mortal(Chain):
    """A connection of a process that dies at its `nth` send, just before or just after it."""

    def __init__(self, url: str, nth: int, *, after: bool) -> None:
        super().__init__(url)
        self.left, self.after = nth, after

    def send(self, raw: bytes) -> str:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Died
        sent = super().send(raw)
        if self.left == 0:
            raise Died
        return sent


@pytest.fixture(scope="module")
def teams() -> list[Staff]:
    return [Staff() for _ in range(2 * SENDS + 14)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, teams: list[Staff]) -> Iterator[str]:
    owners = [team.owner for team in teams]
    with embedded(tmp_path_factory.mktemp("chain"), *owners) as (_, url):
        yield url


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """Another make of node, with five blocks a second."""
    with running_anvil(block_time=0.2) as url:
        yield url


@pytest.fixture
def rich_there(node: str) -> Staff:
    staff = Staff()
    Chain(node).rpc("anvil_setBalance", staff.owner.address, hex(WEALTH))
    return staff


@pytest.fixture
def fresh(teams: list[Staff]) -> Staff:
    """People whose keys have sent nothing yet on the module's chain."""
    return teams.pop()


def stands(chain: Chain, deployment: Deployment, staff: Staff) -> bool:
    registrars = deployment.contracts["Registrars"]
    roles = [
        chain.ask("Registrars", registrars, "roles", REGISTRAR, key.address)
        for key in (staff.reviewer, staff.approver)
    ]
    key = staff.checkpointer.address
    return roles == [1, 2] and bool(chain.ask("Registrars", registrars, "isCheckpointKey", key))


class TestPlan:
    def test_says_its_steps(self) -> None:
        steps = Staff().plan(grant_delay=3600).steps()
        assert steps[: len(CONTRACTS)] == [f"create {name}" for name in CONTRACTS]
        assert "Registrars.admit(990) (scheduled, 3600 s later)" in steps

    @pytest.mark.parametrize(
        "wrong",
        [
            {"registrars": {1000: {}}},
            {"registrars": {990: {"0x" + "11" * 20: 4}}},
            {"gate": "Batch"},
            {"grant_delay": -1},
        ],
    )
    def test_refuses_what_there_is_not(self, wrong: dict[str, object]) -> None:
        with pytest.raises(Malformed):
            plan(Key.fresh().address, rules=[], **wrong)  # type: ignore[arg-type]


class TestDeploy:
    def test_gives_what_the_plan_said(self, deployed: Sandbox) -> None:
        owner = deployed.staff.owner.address
        assert deployed.deployment.contracts == addresses(owner, 0)
        assert deployed.chain.nonce(owner) == SENDS
        assert stands(deployed.chain, deployed.deployment, deployed.staff)
        assert verify(deployed.chain, deployed.deployment) == []

    def test_survives_being_saved(self, deployed: Sandbox, tmp_path: Path) -> None:
        deployed.deployment.save(tmp_path / "deployment.json")
        assert Deployment.load(tmp_path / "deployment.json") == deployed.deployment

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
        assert deployment.contracts == addresses(fresh.owner.address, 0)
        assert chain.nonce(fresh.owner.address) == SENDS
        assert stands(chain, deployment, fresh)
        assert verify(chain, deployment) == []

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

    def test_sends_again_what_a_node_forgot(self, tmp_path: Path) -> None:
        staff = Staff()
        journal = tmp_path / "journal"
        with embedded(tmp_path, staff.owner, interval=None) as (_, url), pytest.raises(Unavailable):
            deploy(Chain(url), staff.owner, staff.plan(), journal, patience=0.05)
        with embedded(tmp_path) as (_, url):
            assert Chain(url).nonce(staff.owner.address, "pending") == 0
            deployment = deploy(Chain(url), staff.owner, staff.plan(), journal)
            assert verify(Chain(url), deployment) == []
            assert Chain(url).nonce(staff.owner.address) == SENDS

    def test_drops_the_half_line_of_its_journal(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        journal = tmp_path / "journal"
        with pytest.raises(Died):
            deploy(Mortal(url, 3, after=False), fresh.owner, fresh.plan(), journal)
        # The third line was being written when the machine stopped.
        journal.write_bytes(journal.read_bytes()[:-100])
        deployment = deploy(Chain(url), fresh.owner, fresh.plan(), journal)
        assert deployment.contracts == addresses(fresh.owner.address, 0)
        assert deploy(Chain(url), fresh.owner, fresh.plan(), journal) == deployment

    def test_refuses_a_nonce_that_was_used_elsewhere(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        with pytest.raises(Died):
            deploy(Mortal(url, 3, after=False), fresh.owner, fresh.plan(), tmp_path / "journal")
        chain = Chain(url)
        Sender(chain, fresh.owner, patience=5).run("elsewhere", fresh.owner.address, b"")
        for _ in range(2):
            with pytest.raises(Conflict, match=r"nonce 2 .* was to create Registrars and was used"):
                deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        assert chain.nonce(fresh.owner.address) == 3

    def test_names_another_transaction_in_the_place_of_its_own(self, tmp_path: Path) -> None:
        staff, journal = Staff(), tmp_path / "journal"
        with embedded(tmp_path, staff.owner, interval=None) as (node, url):
            chain = Chain(url)
            for _ in range(2):
                with pytest.raises(Unavailable):
                    deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
                if chain.nonce(staff.owner.address) == 0:
                    node.request("evm_mine")
            roles = len(CONTRACTS)
            elsewhere = Transaction(
                chain_id=chain.chain_id(),
                nonce=roles,
                tip=10**9,
                fee=10**12,
                gas=30_000,
                to=staff.relayer.address,
                data=b"",
            )
            chain.send(elsewhere.sign(staff.owner.secret))
            with pytest.raises(Conflict, match=rf"our nonce {roles} .* in use elsewhere"):
                deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
            node.request("evm_mine")
            # No address hangs on this nonce, so that the next run can go on.
            for _ in range(2):
                with pytest.raises(Unavailable):
                    deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
                node.request("evm_mine")
            deployment = deploy(chain, staff.owner, staff.plan(), journal)
            assert deployment.contracts == addresses(staff.owner.address, 0)
            assert chain.nonce(staff.owner.address) == SENDS + 1

    def test_refuses_the_journal_of_another_chain(
        self, deployed: Sandbox, url: str, fresh: Staff
    ) -> None:
        with pytest.raises(Conflict, match="chain_id"):
            deploy(Chain(url), fresh.owner, fresh.plan(), deployed.journal)

    def test_refuses_anothers_plan(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        with pytest.raises(Forbidden):
            deploy(Chain(url), Key.fresh(), fresh.plan(), tmp_path / "journal")
        assert not (tmp_path / "journal").exists()

    def test_refuses_a_second_process(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        class Crowded(Chain):
            """While its first transaction is under way, another deploys by the same journal."""

            def send(self, raw: bytes) -> str:
                with pytest.raises(Conflict, match="another process"):
                    deploy(Chain(url), fresh.owner, fresh.plan(), tmp_path / "journal")
                raise Died

        with pytest.raises(Died):
            deploy(Crowded(url), fresh.owner, fresh.plan(), tmp_path / "journal")

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


class TestCheck:
    def test_refuses_another_chain_id(self, deployed: Sandbox, url: str) -> None:
        check(deployed.chain, deployed.deployment)
        with pytest.raises(WrongChain, match=rf"expected {deployed.deployment.chain_id}, got"):
            check(Chain(url), deployed.deployment)

    def test_refuses_another_genesis_of_the_same_id(self, deployed: Sandbox, url: str) -> None:
        same_id = replace(deployed.deployment, chain_id=Chain(url).chain_id())
        with pytest.raises(WrongChain, match=rf"genesis: expected {same_id.genesis}, got 0x"):
            check(Chain(url), same_id)

    def test_refuses_a_chain_without_the_contracts(self, deployed: Sandbox, url: str) -> None:
        chain = Chain(url)
        genesis = chain.block(0)
        assert genesis is not None
        here = replace(deployed.deployment, chain_id=chain.chain_id(), genesis=genesis.hash)
        with pytest.raises(WrongChain, match=r"code of AccessManager: .* got no code"):
            check(chain, here)
        assert {each.got for each in verify(chain, here)} >= {"no code"}

    def test_refuses_an_evm_with_another_hash(
        self, node: str, rich_there: Staff, tmp_path: Path
    ) -> None:
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        # Answers every question with a zero word: like SM3, not the hash that we computed.
        stub = bytes.fromhex("60206000f3")
        chain.rpc("anvil_setCode", deployment.contracts["Rights"], to_hex(stub))
        hashes = deployment.code_hashes | {"Rights": to_hex(keccak(stub))}
        with pytest.raises(WrongChain, match="hash function of the EVM: expected 0x"):
            check(chain, replace(deployment, code_hashes=hashes))

    def test_refuses_a_clock_in_milliseconds(self, tmp_path: Path) -> None:
        staff = Staff()
        with (
            running_anvil("--timestamp=1795536000000", block_time=None) as url,
            pytest.raises(WrongChain, match="expected seconds, got milliseconds"),
        ):
            deploy(Chain(url), staff.owner, staff.plan(), tmp_path / "journal")
        assert not (tmp_path / "journal").exists()


class TestVerify:
    def test_finds_a_foreign_source(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        chain, foreign = Chain(url), Key.fresh().address
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        administer(chain, deployment, fresh.owner, "Rights", "admitSource", foreign)
        (finding,) = verify(chain, deployment)
        assert finding.subject == "sources of Rights"
        assert foreign in finding.got
        administer(chain, deployment, fresh.owner, "Rights", "retireSource", foreign)
        assert verify(chain, deployment) == []

    def test_finds_profiles_that_are_not_ours(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        chain = Chain(url)
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        law = profiles.load("CN_NDA_2026")
        prefix, silence, notice, *rest = terms(law, fresh.relayer.address)
        version = from_hex(profiles.version_hash(law))
        enact = (chain, deployment, fresh.owner, "Registrations", "enact")
        administer(*enact, law.number, version, (prefix, silence, notice // 1000, *rest))
        administer(*enact, 4, bytes(32), terms(law))
        assert {each.subject for each in verify(chain, deployment)} == {
            f"terms of profile CN_NDA_2026 ({law.number})",
            f"gate of profile CN_NDA_2026 ({law.number})",
            "profile 4",
        }

    def test_finds_a_function_that_anyone_may_call(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        chain, everyone = Chain(url), 2**64 - 1
        deployment = deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        arguments = (
            deployment.contracts["Registrars"],
            [call_data("Registrars", "admit", 0)[:4]],
            everyone,
        )
        administer(
            chain, deployment, fresh.owner, "AccessManager", "setTargetFunctionRole", *arguments
        )
        (finding,) = verify(chain, deployment)
        assert (finding.subject, finding.got) == ("role of Registrars.admit", str(everyone))


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
        assert deployment.contracts == addresses(rich_there.owner.address, 0)
        assert chain.nonce(rich_there.owner.address) == SENDS
        assert stands(chain, deployment, rich_there)
        assert verify(chain, deployment) == []

    def test_finds_replaced_code(self, node: str, rich_there: Staff, tmp_path: Path) -> None:
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        rights = deployment.contracts["Rights"]
        code = chain.code(rights)
        spoilt = code[:200] + bytes([code[200] ^ 1]) + code[201:]
        chain.rpc("anvil_setCode", rights, to_hex(spoilt))
        with pytest.raises(WrongChain, match="code of Rights"):
            check(chain, deployment)
        assert [each.got for each in verify(chain, deployment)][1:] == ["other code from byte 200"]
        with pytest.raises(Conflict, match="not the contract of this package"):
            deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")

    def test_finds_a_foreign_immutable(self, node: str, rich_there: Staff, tmp_path: Path) -> None:
        chain = Chain(node)
        deployment = deploy(chain, rich_there.owner, rich_there.plan(), tmp_path / "journal")
        address = deployment.contracts["Registrations"]
        ours, theirs = deployment.contracts["Rights"], deployment.contracts["Parties"]
        code = chain.code(address)
        chain.rpc("anvil_setCode", address, to_hex(code.replace(from_hex(ours), from_hex(theirs))))
        findings = verify(chain, deployment)
        assert [each.subject for each in findings] == [
            "the deployment's chain",
            "Registrations.rights()",
        ]
        assert findings[1].got == theirs
