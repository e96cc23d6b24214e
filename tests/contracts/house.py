"""The contracts of one registry on a machine in memory, and the people who deal with it."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, cast

from coincurve import PrivateKey
from eth_abi.abi import decode, encode

from registry.deployment import blueprint
from registry.hashes import from_hex, keccak, to_hex
from registry.messages import ZERO, Domain, Message, party_of
from registry.registrations.acts import (
    INITIAL,
    Accept,
    Attest,
    Claim,
    File,
    Object,
    Publish,
)
from registry.rules.profiles import Kind
from registry.signatures import address_of_key, sign
from tests.contracts.evm import (
    Evm,
    Fact,
    Fault,
    RawLog,
    Receipt,
    Refused,
    abi_type,
    artefact,
    as_text,
    fact_of,
)

CHAIN_ID = 20_261_122
DAY = 86_400
BEGIN = 1_795_536_000  # 2026-11-24 16:00 UTC, midnight in Beijing
GRANTING, REVOKING = blueprint.GRANTOR, blueprint.GUARDIAN
GRANT_DELAY = 2 * DAY
GRANTS, REVOKES = blueprint.ROLES[GRANTING], blueprint.ROLES[REVOKING]
NOBODY = blueprint.NOBODY
REGISTRAR, OTHER_REGISTRAR = 441, 442
SANDBOX, GATED = 1, 2
SILENCE, NOTICE, GRACE, VALIDITY = 10 * DAY, 5 * DAY, 3600, 3 * 366 * DAY
RENEWAL_WINDOW = 185 * DAY
KEY_NOTICE = 30 * DAY
REVIEWER, APPROVER = 1, 2
HOLD, USE, OPERATE = 1, 2, 4


@dataclass(frozen=True)
class Person:
    """A key from a fixed seed, so that gas figures do not change from run to run."""

    name: str

    @cached_property
    def key(self) -> bytes:
        return keccak(f"contract tests: {self.name}".encode())

    @cached_property
    def address(self) -> str:
        return address_of_key(PrivateKey(self.key).public_key)

    @cached_property
    def party(self) -> str:
        return party_of(self.address)

    def sign(self, digest: str) -> str:
        return sign(digest, self.key)


@dataclass(frozen=True)
class Wallet:
    """A contract that is a party, or an officer; what it is handed as a signature is its own affair."""

    address: str
    signature: str = "0x"

    @property
    def party(self) -> str:
        return party_of(self.address)

    def sign(self, digest: str) -> str:
        return self.signature


Signing = Person | Wallet

OPERATOR, GRANTOR, GUARDIAN = Person("operator"), Person("grantor"), Person("guardian")
RELAYER, STRANGER = Person("relayer"), Person("stranger")
REVIEWING, APPROVING = Person("reviewer"), Person("approver")
OTHER_REVIEWING, OTHER_APPROVING = Person("other reviewer"), Person("other approver")
ALICE, BOB, CAROL = Person("alice"), Person("bob"), Person("carol")


@dataclass(frozen=True)
class Standing:
    """What `record` answers."""

    state: int
    step: int
    registrar: int
    profile: int
    kind: int
    open: int
    upheld: bool
    changed: int
    until: int


def commitment(number: int) -> str:
    """Some salted commitment; the contracts cannot look into it."""
    return to_hex(keccak(number.to_bytes(32, "big")))


@cache
def verb_of(contract: str, verb: str) -> tuple[bytes, list[str], list[str]]:
    """Selector, argument types and answer types of a function that is not overloaded."""
    entries = artefact(contract)["abi"]
    found = [e for e in entries if e["type"] == "function" and e["name"] == verb]
    assert len(found) == 1, f"{contract}.{verb}: {len(found)} functions"
    kinds = [abi_type(member) for member in found[0]["inputs"]]
    answers = [abi_type(member) for member in found[0]["outputs"]]
    return keccak(f"{verb}({','.join(kinds)})".encode())[:4], kinds, answers


def call_data(contract: str, verb: str, *arguments: Any) -> bytes:
    selector, kinds, _ = verb_of(contract, verb)
    return selector + encode(kinds, arguments)


class House:
    """The contracts, their addresses, and the clock in Unix seconds."""

    def __init__(self, evm: Evm, contracts: dict[str, str], unit: int) -> None:
        self.evm = evm
        self.contracts = contracts
        self.unit = unit

    @staticmethod
    def build(chain_id: int = CHAIN_ID, now: int = BEGIN, unit: int = 1) -> "House":
        """Deploys everything; enacts profiles; admits two registrars with an officer for each role.

        `unit` is how many ticks of the chain's clock make a second.
        """
        evm = Evm(chain_id, now * unit)
        by = OPERATOR.address
        manager = evm.create("AccessManager", by, sender=by)
        registrars = evm.create("Registrars", manager, sender=by)
        parties = evm.create("Parties", registrars, KEY_NOTICE, sender=by)
        rights = evm.create("Rights", manager, registrars, sender=by)
        registrations = evm.create("Registrations", manager, parties, registrars, rights, sender=by)
        objections = evm.create("Objections", parties, registrars, rights, registrations, sender=by)
        barred = evm.create("BarredParties", manager, sender=by)
        house = House(
            evm,
            {
                "AccessManager": manager,
                "Parties": parties,
                "Registrars": registrars,
                "Rights": rights,
                "Registrations": registrations,
                "Objections": objections,
                "BarredParties": barred,
                "AllOf": evm.create("AllOf", [barred], sender=by),
                "Batch": evm.create("Batch", sender=by),
            },
            unit,
        )
        for role, verbs in ((GRANTING, GRANTS), (REVOKING, REVOKES)):
            for contract, names in verbs.items():
                selectors = [verb_of(contract, name)[0] for name in names]
                target = house.contracts[contract]
                house.run("AccessManager", "setTargetFunctionRole", target, selectors, role)
        delay = GRANT_DELAY * unit
        house.run("AccessManager", "grantRole", GRANTING, GRANTOR.address, delay)
        house.run("AccessManager", "grantRole", REVOKING, GUARDIAN.address, 0)
        grants: list[tuple[Any, ...]] = [
            ("Registrars", "admit", REGISTRAR),
            ("Registrars", "admit", OTHER_REGISTRAR),
            ("Registrars", "appoint", REGISTRAR, REVIEWING.address, REVIEWER),
            ("Registrars", "appoint", REGISTRAR, APPROVING.address, APPROVER),
            ("Registrars", "appoint", OTHER_REGISTRAR, OTHER_REVIEWING.address, REVIEWER),
            ("Registrars", "appoint", OTHER_REGISTRAR, OTHER_APPROVING.address, APPROVER),
            ("Rights", "admitSource", registrations),
            ("Registrations", "enact", SANDBOX, bytes(32), profile()),
            ("Registrations", "enact", GATED, bytes(32), profile(gate=house.contracts["AllOf"])),
        ]
        house.grant(*grants)
        return house

    def fork(self) -> "House":
        return House(self.evm.fork(), self.contracts, self.unit)

    @property
    def now(self) -> int:
        return self.evm.now // self.unit

    @now.setter
    def now(self, seconds: int) -> None:
        self.evm.now = seconds * self.unit

    def domain(self, contract: str = "Registrations") -> Domain:
        return Domain(self.evm.chain_id, self.contracts[contract])

    def digest(self, message: Message) -> str:
        return message.digest(self.domain(message.contract))

    # --- acts -----------------------------------------------------------------------------------

    def calldata(
        self, message: Message, *signers: Signing | str, filings: tuple[Message, ...] = ()
    ) -> bytes:
        """Signed by each person in turn; a text stands for a ready signature."""
        digest = self.digest(message)
        signatures = tuple(s if isinstance(s, str) else s.sign(digest) for s in signers)
        return message.calldata(signatures, filings)

    def send(
        self,
        message: Message,
        *signers: Signing | str,
        filings: tuple[Message, ...] = (),
        sender: Person = RELAYER,
    ) -> Receipt:
        data = self.calldata(message, *signers, filings=filings)
        return self.evm.send(self.contracts[message.contract], data, sender=sender.address)

    def act(
        self,
        message: Message,
        *signers: Signing | str,
        filings: tuple[Message, ...] = (),
        sender: Person = RELAYER,
    ) -> list[Fact]:
        """The facts that the act made. Raises: Refused."""
        receipt = self.send(message, *signers, filings=filings, sender=sender)
        if receipt.fault is not None:
            raise Refused(receipt.fault)
        return self.facts(receipt)

    def refusal(
        self, message: Message, *signers: Signing | str, filings: tuple[Message, ...] = ()
    ) -> Fault:
        """Why the act is refused; fails when it is not, or when it left anything behind."""
        before = self.storage()
        receipt = self.send(message, *signers, filings=filings)
        assert receipt.fault is not None, f"not refused: {message!r}"
        assert self.storage() == before
        return receipt.fault

    def batch(
        self, contract: str, acts: list[bytes], *, limit: int = 400_000, gas: int | None = None
    ) -> Receipt:
        data = call_data("Batch", "run", self.contracts[contract], limit, acts)
        to = self.contracts["Batch"]
        if gas is None:
            return self.evm.send(to, data, sender=RELAYER.address)
        return self.evm.send(to, data, sender=RELAYER.address, gas=gas)

    # --- everything else ------------------------------------------------------------------------

    def run(
        self, contract: str, verb: str, *arguments: Any, sender: Person = OPERATOR
    ) -> list[Fact]:
        """Calls a function that is not a signed act. Raises: Refused."""
        data = call_data(contract, verb, *arguments)
        receipt = self.evm.send(self.contracts[contract], data, sender=sender.address)
        if receipt.fault is not None:
            raise Refused(receipt.fault)
        return self.facts(receipt)

    def grant(self, *calls: tuple[Any, ...]) -> list[Fact]:
        """Schedules calls of the granting role, waits its delay, runs them: contract, verb, arguments."""
        for contract, verb, *arguments in calls:
            data = call_data(contract, verb, *arguments)
            self.run("AccessManager", "schedule", self.contracts[contract], data, 0, sender=GRANTOR)
        self.now += GRANT_DELAY
        said: list[Fact] = []
        for contract, verb, *arguments in calls:
            said += self.run(contract, verb, *arguments, sender=GRANTOR)
        return said

    def revoke(self, contract: str, verb: str, *arguments: Any) -> list[Fact]:
        return self.run(contract, verb, *arguments, sender=GUARDIAN)

    def ask(self, contract: str, verb: str, *arguments: Any, sender: Person = STRANGER) -> Any:
        """What a view answers: one value, or a tuple of several."""
        _, _, kinds = verb_of(contract, verb)
        data = call_data(contract, verb, *arguments)
        receipt = self.evm.call(self.contracts[contract], data, sender=sender.address)
        if receipt.fault is not None:
            raise Refused(receipt.fault)
        values = decode(kinds, receipt.output)
        texts = tuple(as_text(kind, value) for kind, value in zip(kinds, values, strict=True))
        return texts[0] if len(texts) == 1 else texts

    def record(self, registration: str) -> Standing:
        return Standing(*self.ask("Registrations", "record", from_hex(registration)))

    def entry(self, registration: str, party: str) -> tuple[int, ...]:
        """since, hold, use, operate, registrar, step."""
        right = self.right(registration, party)
        return cast(tuple[int, ...], self.ask("Rights", "entry", from_hex(right)))

    def right(self, registration: str, party: str) -> str:
        return to_hex(keccak(from_hex(registration) + from_hex(party)))

    def rights(self, registration: str, party: str, moment: int | None = None) -> int:
        right = from_hex(self.right(registration, party))
        at = self.now if moment is None else moment
        return cast(int, self.ask("Rights", "standing", right, at))

    def tip(self, contract: str) -> tuple[str, int]:
        return cast(tuple[str, int], self.ask(contract, "tip"))

    def facts(self, receipt: Receipt) -> list[Fact]:
        names = {address: name for name, address in self.contracts.items()}
        # AccessManager's own log, and ActFailed, are outside every ledger.
        return [
            fact_of(names[log.address], log)
            for log in receipt.logs
            if names.get(log.address) not in ("AccessManager", None)
        ]

    def storage(self) -> dict[str, bytes]:
        """The storage root of each contract that keeps facts."""
        return {name: self.evm.storage_root(self.contracts[name]) for name in LEDGERS}

    # --- messages with the usual contents -------------------------------------------------------

    def file(self, *people: Signing, number: int = 0, rights: int = 7, **changes: Any) -> File:
        """A filing by these people, in ascending order as the contract asks."""
        claims = tuple(
            Claim(party=party, rights=rights) for party in sorted(p.party for p in people)
        )
        values: dict[str, Any] = {
            "claims": claims,
            "data": commitment(number),
            "registrar": REGISTRAR,
            "profile": SANDBOX,
            "kind": INITIAL,
            "deadline": self.now + DAY,
        }
        return File(**values | changes)

    def accept(self, *registrations: str, step: int = 1, **changes: Any) -> Accept:
        return Accept(**self._many(REVIEWING, registrations, step) | changes)

    def publish(self, *registrations: str, step: int = 2, **changes: Any) -> Publish:
        values = {
            "profile": SANDBOX,
            "until": self.now + NOTICE + DAY,
            "receipt": ZERO,
            "effective": 0,
        }
        return Publish(**self._many(REVIEWING, registrations, step) | values | changes)

    def attest(self, *registrations: str, step: int = 3, **changes: Any) -> Attest:
        values = {
            "profile": SANDBOX,
            "expiry": self.now + 3 * 365 * DAY,
            "receipt": ZERO,
            "effective": 0,
        }
        return Attest(**self._many(APPROVING, registrations, step) | values | changes)

    def object(self, person: Signing, registration: str, **changes: Any) -> Object:
        values: dict[str, Any] = {
            "objector": person.party,
            "registration": registration,
            "serial": 0,
            "grounds": commitment(7),
            "deadline": self.now + DAY,
        }
        return Object(**values | changes)

    def officer(self, registration: str, step: int, **more: Any) -> dict[str, Any]:
        """What every act of an officer on one registration begins with, and its deadline."""
        return {
            "registrar": REGISTRAR,
            "officer": REVIEWING.address,
            "registration": registration,
            "step": step,
            "deadline": self.now + DAY,
        } | more

    def _many(self, officer: Person, registrations: tuple[str, ...], step: int) -> dict[str, Any]:
        return {
            "registrar": REGISTRAR,
            "officer": officer.address,
            "registrations": registrations,
            "steps": (step,) * len(registrations),
            "deadline": self.now + DAY,
        }

    # --- shortcuts to a state -------------------------------------------------------------------

    def filed(self, *people: Signing, number: int = 0, **changes: Any) -> tuple[File, str]:
        """A registration that has just been filed, and its id."""
        people = people or (ALICE,)
        message = self.file(*people, number=number, **changes)
        signers = sorted(people, key=lambda person: person.party)
        self.act(message, *signers)
        return message, self.digest(message)

    def accepted(self, *people: Signing, **changes: Any) -> tuple[File, str]:
        message, registration = self.filed(*people, **changes)
        self.act(self.accept(registration), REVIEWING)
        return message, registration

    def published(self, *people: Signing, **changes: Any) -> tuple[File, str]:
        """The notice has just begun; it ends in NOTICE + DAY."""
        message, registration = self.accepted(*people, **changes)
        self.act(self.publish(registration, profile=message.profile), REVIEWING)
        return message, registration

    def attestable(self, *people: Signing, **changes: Any) -> tuple[File, str]:
        """Notice and grace have just passed."""
        message, registration = self.published(*people, **changes)
        self.now = self.record(registration).until + GRACE + 1
        return message, registration

    def attested(self, *people: Signing, **changes: Any) -> tuple[File, str]:
        message, registration = self.attestable(*people, **changes)
        act = self.attest(registration, profile=message.profile)
        self.act(act, APPROVING, filings=(message,))
        return message, registration


LEDGERS = ("Parties", "Registrars", "Rights", "Registrations", "Objections", "BarredParties")


def profile(**changes: Any) -> tuple[Any, ...]:
    """The enforced floors of a profile, as `enact` takes them."""
    values: dict[str, Any] = {
        "prefix": b"XX",
        "silence": SILENCE,
        "notice": NOTICE,
        "grace": GRACE,
        "validity": VALIDITY,
        "renewal": RENEWAL_WINDOW,
        "kinds": sum(1 << kind for kind in Kind if kind != Kind.REVOCATION),
        "noticed": 1 << Kind.INITIAL | 1 << Kind.TRANSFER | 1 << Kind.RENEWAL,
        "coded": 1 << Kind.INITIAL | 1 << Kind.TRANSFER,
        "bears": 7,
        "gate": NOBODY,
    }
    return tuple((values | changes).values())


def replay(head: bytes, logs: list[RawLog]) -> bytes:
    """The head after these facts, as ILedger.sol defines it."""
    for log in logs:
        said = keccak(b"".join(map(from_hex, (*log.topics, log.data))))
        head = keccak(head + bytes(8) + said)[:24]
    return head
