"""The numbered invariants of contracts/README.md, each in the light of one property.

test_machine.py holds them after every act of a random story; here each has a test that bears its number.

Invariants
├── I1   no right without an attested registration, whose notice and grace passed undisputed
├── I2   who published never attests, and no officer of the registrar applies to it
├── I3   an executed act is never executed again, anywhere
├── I4   head and count follow from the logs
├── I5   a voided act is never executed
├── I6   who sends the transaction never matters
├── I7   codes are unique; serials have no gap within a registrar and a month
├── I8   what one holds is untouched by acts on another registration
├── I9   a step only rises, by one with each change, and each change is a fact
├── I10  a refused act leaves every byte as it was
├── I11  a halt stops filings alone, and ends
├── I12  a transfer makes no right, none that lasts longer, and none that is freer
├── I13  a remark bars the acts and rights that it names until its last second, and nothing else
├── I14  what ended comes back by an instrument alone
├── I15  what others ordered is recorded by a suspended registrar, and by no expelled one
└── README.md names each of them, and no other
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.hashes import from_hex
from registry.messages import Message, Void
from registry.parties import ReplaceKey
from registry.registrations.acts import File, Refuse, Resolve, Withdraw
from registry.rules.profiles import Kind
from registry.rules.states import State
from tests.contracts import later
from tests.contracts.acts import DECISION, resolution
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    CHAIN_ID,
    DAY,
    GRACE,
    NOTICE,
    REGISTRAR,
    REVIEWER,
    REVIEWING,
    STRANGER,
    VALIDITY,
    House,
    Person,
    commitment,
    replay,
)
from tests.contracts.model import Obstacle
from tests.contracts.test_code import month_of
from tests.machine import ROOT

property_of = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@property_of
@given(
    notice=st.integers(NOTICE, 30 * DAY),
    waits=st.integers(0, 40 * DAY),
    outcomes=st.lists(st.sampled_from([0, 1, 2]), max_size=3),
    lasts=st.integers(0, VALIDITY + DAY),
)
def test_i1_no_right_stands_before_an_undisturbed_notice_and_grace_have_passed(
    built: House, notice: int, waits: int, outcomes: list[int], lasts: int
) -> None:
    """Outcome 0 leaves the objection open."""
    house = built.fork()
    filing, registration = house.accepted(ALICE)
    published = house.now
    house.act(house.publish(registration, until=published + notice), REVIEWING)
    house.now += waits
    for serial, outcome in enumerate(outcomes):
        house.act(house.object(BOB, registration, serial=serial), BOB)
        if outcome == 0:
            break
        house.act(resolution(house, registration, (BOB,), outcome, serials=(serial,)), REVIEWING)
    step = house.record(registration).step
    act = house.attest(registration, step=step, expiry=house.now + lasts)
    receipt = house.send(act, APPROVING, filings=(filing,))
    lawful = waits > notice + GRACE and not {0, 2} & set(outcomes) and lasts <= VALIDITY
    assert (receipt.fault is None) == lawful
    assert house.rights(registration, ALICE.party) == (7 if lawful else 0)
    assert house.rights(registration, BOB.party) == 0


@property_of
@given(
    roles=st.sampled_from([APPROVER, REVIEWER | APPROVER]),
    officer=st.sampled_from([REVIEWING, APPROVING, CAROL]),
    applicants=st.sets(st.sampled_from([ALICE, BOB, CAROL]), min_size=1),
    replaced=st.booleans(),
)
def test_i2_neither_the_reviewer_nor_an_applicant_attests(
    built: House, roles: int, officer: Person, applicants: set[Person], replaced: bool
) -> None:
    house = built.fork()
    if officer is REVIEWING:
        roles = REVIEWER | APPROVER
    house.grant(("Registrars", "appoint", REGISTRAR, officer.address, roles))
    if replaced:
        # The party's first key is an officer's; the key it has now is not.
        new = Person("carol anew")
        change = ReplaceKey(party=CAROL.party, key=new.address, step=0, deadline=house.now)
        house.act(change, CAROL, new)
    people = sorted(applicants, key=lambda p: p.party)
    signers = [Person("carol anew") if replaced and p is CAROL else p for p in people]
    filing = house.file(*people)
    registration = house.digest(filing)
    house.act(filing, *signers)
    house.act(house.accept(registration), REVIEWING)
    house.act(house.publish(registration), REVIEWING)
    house.now = house.record(registration).until + GRACE + 1
    act = house.attest(registration, officer=officer.address)
    fault = house.send(act, officer, filings=(filing,)).fault
    of_registrar = officer is CAROL and CAROL in applicants and not replaced
    if officer is REVIEWING:
        assert fault == Fault("Hindered", (registration, Obstacle.REVIEWER_IS_APPROVER))
    elif of_registrar:
        assert fault == Fault("Hindered", (registration, Obstacle.REGISTRAR_IS_APPLICANT))
    else:
        assert fault is None


Story = list[tuple[Message, tuple[Person, ...], tuple[File, ...]]]


def whole_story(house: House) -> Story:
    """Every act of a contested procedure that ends in attestation, already executed."""
    done: Story = []

    def act(message: Message, *signers: Person, filings: tuple[File, ...] = ()) -> None:
        house.act(message, *signers, filings=filings)
        done.append((message, signers, filings))

    far = 200 * DAY
    filing = house.file(ALICE, deadline=house.now + far)
    registration = house.digest(filing)
    new = Person("alice anew")
    late = {"deadline": house.now + far}
    act(Void(act=commitment(1), signer=ALICE.address, **late), ALICE)
    act(ReplaceKey(party=ALICE.party, key=new.address, step=0, **late), ALICE, new)
    act(filing, new)
    act(house.accept(registration, **late), REVIEWING)
    act(house.publish(registration, **late), REVIEWING)
    act(house.object(BOB, registration, **late), BOB)
    values = {name: getattr(resolution(house, registration, (BOB,)), name) for name in fields()}
    act(Resolve(**values | late), REVIEWING)
    house.now = house.record(registration).until + GRACE + 1
    act(house.attest(registration, step=5, **late), APPROVING, filings=(filing,))
    other = house.file(BOB, number=2, deadline=house.now + far)
    second = house.digest(other)
    act(other, BOB)
    gone = Withdraw(party=BOB.party, registration=second, step=1, deadline=house.now + far)
    act(gone, BOB, filings=(other,))
    _, third = house.filed(CAROL, number=3)
    refusal = house.officer(third, 1, ground=1, decision=DECISION)
    act(Refuse(**refusal | {"deadline": house.now + far}), REVIEWING)
    return done


def fields() -> tuple[str, ...]:
    return tuple(Resolve.model_fields)


@property_of
@given(waits=st.integers(0, 100 * DAY), order=st.randoms(use_true_random=False))
def test_i3_no_executed_act_is_executed_again(built: House, waits: int, order: Any) -> None:
    house = built.fork()
    done = whole_story(house)
    house.now += waits
    order.shuffle(done)
    for message, signers, filings in done:
        house.refusal(message, *signers, filings=filings)


def test_i3_nor_on_another_chain_or_at_another_deployment(built: House) -> None:
    done = whole_story(built.fork())
    elsewhere = House.build(chain_id=CHAIN_ID + 1)
    home = built.fork()
    for message, signers, filings in done:
        signatures = tuple(person.sign(home.digest(message)) for person in signers)
        before = elsewhere.storage()
        assert elsewhere.send(message, *signatures, filings=filings).fault is not None
        assert elsewhere.storage() == before
        # The same chain id and code, at other addresses.
        twin = built.fork()
        contract = twin.contracts[message.contract]
        moved = "0x" + "aa" * 20
        twin.evm.set_code(moved, twin.evm.code(contract))
        data = home.calldata(message, *signatures, filings=filings)
        assert twin.evm.send(moved, data, sender=STRANGER.address).fault is not None


@property_of
@given(st.lists(st.sampled_from(["file", "void", "halt", "accept", "junk"]), max_size=12))
def test_i4_head_and_count_follow_from_the_logs(built: House, story: list[str]) -> None:
    house = built.fork()
    address = house.contracts["Registrations"]
    head, count = house.tip("Registrations")
    for number, kind in enumerate(story):
        if kind == "halt":
            house.revoke("Registrations", "haltFilings", number)
            # `run` keeps no raw logs: take up the thread behind it.
            head, after = house.tip("Registrations")
            assert after == count + 1
            count = after
            continue
        message: Message = house.file(ALICE, number=number)
        signer = ALICE
        if kind == "void":
            message = Void(act=commitment(number), signer=ALICE.address, deadline=house.now)
        elif kind == "accept":
            _, registration = house.filed(ALICE, number=1000 + number)
            head, count = house.tip("Registrations")
            message, signer = house.accept(registration), REVIEWING
        elif kind == "junk":
            signer = BOB
        receipt = house.send(message, signer)
        logs = [log for log in receipt.logs if log.address == address]
        assert bool(logs) == (kind != "junk")
        head = "0x" + replay(from_hex(head), logs).hex()
        count += len(logs)
        assert house.tip("Registrations") == (head, count)


ACTS: dict[str, Callable[[House, str], tuple[Message, Person]]] = {
    "accept": lambda house, id: (house.accept(id), REVIEWING),
    "refuse": lambda house, id: (
        Refuse(**house.officer(id, 1, ground=1, decision=DECISION)),
        REVIEWING,
    ),
    "withdraw": lambda house, id: (
        Withdraw(party=ALICE.party, registration=id, step=1, deadline=house.now + DAY),
        ALICE,
    ),
}


@property_of
@given(verb=st.sampled_from(sorted(ACTS)), voider=st.sampled_from([ALICE, REVIEWING, STRANGER]))
def test_i5_a_voided_act_is_never_executed_and_only_its_signer_voids_it(
    built: House, verb: str, voider: Person
) -> None:
    house = built.fork()
    filing, registration = house.filed(ALICE)
    message, signer = ACTS[verb](house, registration)
    filings = (filing,) if verb == "withdraw" else ()
    act = house.digest(message)
    house.act(Void(act=act, signer=voider.address, deadline=house.now), voider)
    fault = house.send(message, signer, filings=filings).fault
    assert fault == (Fault("ActIsVoid", (act,)) if voider is signer else None)


def test_i5_a_filing_withdrawn_at_step_zero_is_never_executed(house: House) -> None:
    filing = house.file(ALICE)
    registration = house.digest(filing)
    gone = Withdraw(party=ALICE.party, registration=registration, step=0, deadline=house.now)
    house.act(gone, ALICE, filings=(filing,))
    assert house.refusal(filing, ALICE) == Fault("AlreadyFiled", (registration,))


@property_of
@given(st.lists(st.sampled_from([ALICE, REVIEWING, STRANGER, APPROVING]), min_size=4, max_size=4))
def test_i6_who_sends_never_matters(built: House, senders: list[Person]) -> None:
    results = []
    for chosen in (senders, [STRANGER] * 4):
        house = built.fork()
        filing = house.file(ALICE)
        registration = house.digest(filing)
        facts = house.act(filing, ALICE, sender=chosen[0])
        facts += house.act(house.accept(registration), REVIEWING, sender=chosen[1])
        facts += house.act(house.publish(registration), REVIEWING, sender=chosen[2])
        house.now = house.record(registration).until + GRACE + 1
        attest = house.attest(registration)
        facts += house.act(attest, APPROVING, filings=(filing,), sender=chosen[3])
        results.append((facts, house.storage()))
    assert results[0] == results[1]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=5), min_size=1, max_size=4),
    st.sampled_from([0, 20 * DAY]),
)
def test_i7_codes_are_unique_and_serials_have_no_gap(
    built: House, batches: list[list[bool]], pause: int
) -> None:
    """True is a filing that can be attested, False one with an open objection."""
    house = built.fork()
    given_: dict[int, list[str]] = {}
    for number, batch in enumerate(batches):
        house.now += pause
        filings = [house.file(ALICE, number=10 * number + i) for i in range(len(batch))]
        ids = [house.digest(filing) for filing in filings]
        for filing in filings:
            house.act(filing, ALICE)
        house.act(house.accept(*ids), REVIEWING)
        house.act(house.publish(*ids), REVIEWING)
        for id, undisputed in zip(ids, batch, strict=True):
            if not undisputed:
                house.act(house.object(BOB, id), BOB)
        house.now = house.record(ids[0]).until + GRACE + 1
        steps = tuple(house.record(id).step for id in ids)
        receipt = house.send(house.attest(*ids, steps=steps), APPROVING, filings=tuple(filings))
        assert (receipt.fault is None) == any(batch)
        for fact in house.facts(receipt):
            if fact.event == "RegistrationAttested":
                code = bytes.fromhex(fact.members["code"][2:]).decode()
                given_.setdefault(month_of(house.now), []).append(code)
    codes = [code for month in given_.values() for code in month]
    assert len(codes) == len(set(codes)) == sum(map(sum, batches))
    for month, several in given_.items():
        assert several == [f"XX{REGISTRAR}{month}{i:04}" for i in range(1, len(several) + 1)]


@property_of
@given(st.lists(st.sampled_from(["file", "object", "attest", "refuse", "bar"]), max_size=6))
def test_i8_rights_are_untouched_by_acts_on_other_registrations(
    built: House, story: list[str]
) -> None:
    house = built.fork()
    _, mine = house.attested(ALICE, number=1)
    entry, record = house.entry(mine, ALICE.party), house.record(mine)
    for number, kind in enumerate(story, start=10):
        if kind == "file":
            house.filed(ALICE, number=number)
        elif kind == "object":
            _, other = house.published(ALICE, number=number)
            house.act(house.object(BOB, other), BOB)
        elif kind == "attest":
            house.attested(ALICE, number=number)
        elif kind == "refuse":
            _, other = house.filed(ALICE, number=number)
            house.act(Refuse(**house.officer(other, 1, ground=1, decision=DECISION)), REVIEWING)
        else:
            house.revoke("BarredParties", "bar", from_hex(ALICE.party), bytes(32), 2**40 - 1)
        assert house.entry(mine, ALICE.party) == entry
        assert house.record(mine) == record


@property_of
@given(st.lists(st.sampled_from(["accept", "publish", "object", "resolve"]), max_size=12))
def test_i9_each_change_raises_the_step_by_one_and_is_a_fact(
    built: House, story: list[str]
) -> None:
    house = built.fork()
    _, registration = house.filed(ALICE)
    for kind in story:
        before = house.record(registration)
        made, _ = house.ask(
            "Registrations", "objection", from_hex(registration), from_hex(BOB.party)
        )
        acts: dict[str, Message] = {
            "accept": house.accept(registration, step=before.step),
            "publish": house.publish(registration, step=before.step),
            "object": house.object(BOB, registration, serial=made),
            "resolve": resolution(house, registration, (BOB,), serials=(max(made - 1, 0),)),
        }
        message = acts[kind]
        receipt = house.send(message, BOB if kind == "object" else REVIEWING)
        after = house.record(registration)
        said = [f.members["step"] for f in house.facts(receipt) if "step" in f.members]
        if receipt.fault is None:
            assert said == [after.step] == [before.step + 1]
        else:
            assert said == []
            assert after == before


@property_of
@given(
    verb=st.sampled_from(["accept", "publish", "object", "attest", "file", "refuse"]),
    forged=st.booleans(),
    late=st.booleans(),
)
def test_i10_a_refused_act_leaves_every_byte(
    built: House, verb: str, forged: bool, late: bool
) -> None:
    house = built.fork()
    filing, registration = house.filed(ALICE)
    no_ground = house.officer(registration, 1, ground=0, decision=DECISION)
    acts: dict[str, tuple[Message, Person]] = {
        # Each is wrong in this state.
        "accept": (house.accept(registration, step=0), REVIEWING),
        "publish": (house.publish(registration, step=1), REVIEWING),
        "object": (house.object(BOB, registration), BOB),
        "attest": (house.attest(registration, step=1), APPROVING),
        "file": (filing, ALICE),
        "refuse": (Refuse(**no_ground), REVIEWING),
    }
    message, signer = acts[verb]
    if late:
        house.now += 2 * DAY
    before = house.storage()
    filings = (filing,) if verb == "attest" else ()
    receipt = house.send(message, STRANGER if forged else signer, filings=filings)
    assert receipt.fault is not None
    assert receipt.logs == ()
    assert house.storage() == before


@property_of
@given(length=st.integers(0, 30 * DAY), waits=st.integers(0, 31 * DAY))
def test_i11_a_halt_stops_filings_alone_and_ends(built: House, length: int, waits: int) -> None:
    house = built.fork()
    _, registration = house.filed(ALICE)
    until = house.now + length
    house.revoke("Registrations", "haltFilings", until)
    house.now += waits
    fault = house.send(house.file(BOB, number=1), BOB).fault
    assert fault == (Fault("FilingsAreHalted", (until,)) if waits <= length else None)
    house.act(house.accept(registration), REVIEWING)
    assert house.record(registration).state == State.ACCEPTED


@property_of
@given(
    given_=st.integers(1, 7),
    asked=st.integers(1, 7),
    limited=st.integers(0, 7),
    longer=st.integers(-100 * DAY, 300 * DAY),
)
def test_i12_a_transfer_makes_no_right_none_longer_and_none_freer(
    built: House, given_: int, asked: int, limited: int, longer: int
) -> None:
    house = built.fork()
    _, subject = house.attested(ALICE)
    if limited:
        house.act(
            later.remark(house, house.right(subject, ALICE.party), rights=limited, acts=1 << 5),
            REVIEWING,
        )
    end = house.entry(subject, ALICE.party)[1]
    claims = {ALICE: given_ | later.GIVE, BOB: asked}
    message, moved = later.attestable(house, Kind.TRANSFER, subject, claims)
    act = house.attest(moved, step=house.record(moved).step, expiry=end + longer)
    house.send(act, APPROVING, filings=(message,))
    held, received = house.rights(subject, ALICE.party), house.rights(moved, BOB.party)
    assert (held, received) == ((7 & ~given_, asked) if given_ == asked else (7, 0))
    assert max(house.entry(moved, BOB.party)[1:4]) <= end
    for bit in (1, 2, 4):
        barred = is_barred(house, moved, BOB, bit, Kind.CANCELLATION)
        assert barred == bool(bit & limited & received)


@property_of
@given(
    remarks=st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 0xFF), st.integers(0, 40 * DAY)), max_size=4
    ),
    waits=st.integers(0, 45 * DAY),
)
def test_i13_a_remark_bars_what_it_names_until_its_last_second(
    built: House, remarks: list[tuple[int, int, int]], waits: int
) -> None:
    house = built.fork()
    _, subject = house.attested(ALICE)
    right, stand = house.right(subject, ALICE.party), []
    for rights, acts, lasts in remarks:
        until = house.now + lasts
        act = later.remark(house, right, rights=rights, acts=acts, until=until)
        if house.send(act, REVIEWING).fault is None:
            stand.append((rights, acts, until))
        assert (bool(rights) == bool(acts)) == bool(stand and stand[-1] == (rights, acts, until))
    house.now += waits
    for bit in (1, 2, 4):
        for act_ in range(8):
            named = any(r & bit and a >> act_ & 1 and house.now <= until for r, a, until in stand)
            assert is_barred(house, subject, ALICE, bit, act_) == named


@property_of
@given(
    ended=st.sampled_from(["cancelled", "transferred", "expired"]),
    tried=st.lists(st.sampled_from([*Kind]), max_size=3),
    ordered=st.booleans(),
)
def test_i14_what_ended_comes_back_by_an_instrument_alone(
    built: House, ended: str, tried: list[Kind], ordered: bool
) -> None:
    house = built.fork()
    _, subject = house.attested(ALICE)
    right = house.right(subject, ALICE.party)
    source = subject
    if ended == "cancelled":
        house.act(later.cancel(house, right), APPROVING)
    elif ended == "transferred":
        source = later.attested(house, Kind.TRANSFER, subject, {ALICE: 7 | later.GIVE, BOB: 7})
    else:
        house.now = house.entry(subject, ALICE.party)[1] + 1
    for number, kind in enumerate(tried, start=1):
        message = later.application(house, kind, subject, {ALICE: 7}, number)
        if house.send(message, ALICE).fault is None:
            id = house.digest(message)
            house.send(house.accept(id), REVIEWING)
            house.send(house.publish(id), REVIEWING)
            house.now = max(house.now, house.record(id).until) + GRACE + 1
            house.send(house.attest(id, step=house.record(id).step), APPROVING, filings=(message,))
        assert house.rights(subject, ALICE.party) == 0
    if ordered and ended == "transferred":
        back = later.execute(house, source, BOB, ALICE.party)
        house.act(back, APPROVING)
        assert house.rights(source, ALICE.party) == 7


@pytest.mark.parametrize("verb", ["remark", "lift", "execute", "cancel"])
@pytest.mark.parametrize("standing", ["suspend", "expel"])
def test_i15_what_others_ordered_is_recorded_while_suspended(
    house: House, verb: str, standing: str
) -> None:
    _, subject = house.attested(ALICE)
    right = house.right(subject, ALICE.party)
    house.act(later.remark(house, right, acts=1 << 2), REVIEWING)
    house.revoke("Registrars", standing, REGISTRAR, bytes(32))
    acts: dict[str, tuple[Message, Person]] = {
        "remark": (later.remark(house, right), REVIEWING),
        "lift": (later.lift(house, right), REVIEWING),
        "execute": (later.execute(house, subject, ALICE, BOB.party), APPROVING),
        # A decision of the registrar's own.
        "cancel": (later.cancel(house, right), APPROVING),
    }
    fault = house.send(*acts[verb]).fault
    is_recorded = standing == "suspend" and verb != "cancel"
    assert (fault is None) == is_recorded
    assert is_recorded or (fault is not None and fault.error == "NotAnOfficer")


def is_barred(house: House, registration: str, holder: Person, rights: int, act: int) -> bool:
    right = from_hex(house.right(registration, holder.party))
    return bool(house.ask("Rights", "isBarred", right, rights, act, house.now))


def test_the_readme_names_each_invariant_and_no_other() -> None:
    said = (ROOT / "contracts/README.md").read_text(encoding="utf-8")
    numbers = {int(n) for n in re.findall(r"^\| I(\d+) \|", said, re.MULTILINE)}
    tested = {int(m[1]) for name in globals() if (m := re.match(r"test_i(\d+)_", name))}
    assert numbers == tested
    assert numbers == set(range(1, max(numbers) + 1))


@pytest.mark.parametrize("word", ["msg.sender", "block.timestamp", "tx.origin", "selfdestruct"])
def test_the_sources_use_it_only_where_the_readme_says(word: str) -> None:
    allowed = {
        "msg.sender": {"Rights.sol", "Registrations.sol"},
        "block.timestamp": {"Signed.sol"},
    }.get(word, set())
    found = {
        path.name
        for path in (ROOT / "contracts").rglob("*.sol")
        if not {"vendor", "test"} & set(path.parts) and word in path.read_text(encoding="utf-8")
    }
    assert found == allowed
