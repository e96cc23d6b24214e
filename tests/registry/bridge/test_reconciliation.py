"""Ours against theirs, under the law's own profile on a chain

- both agree: nothing to report, and a correction that takes the place of an earlier receipt changes that
- ours without theirs, theirs without ours; another receipt, notice, code, validity or state
- a listing of what stands there: unknown here, unknown there, another state, code or term
- whoever is behind for too long, but not while an objection is open
- as of a past block, and of one registrar alone; counts of every finding
"""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from registry.bridge import listing, taking
from registry.bridge.listing import Listing
from registry.bridge.reconciliation import Finding, Report, Row, reconcile
from registry.documents import Taken
from registry.errors import Malformed, NotFound
from registry.hashes import to_hex
from registry.keys import Key
from registry.messages import ZERO, party_of
from registry.registrations.acts import (
    INITIAL,
    Accept,
    Attest,
    Claim,
    File,
    Object,
    Publish,
    Refuse,
)
from tests.registry.bridge.sample_receipt import SYSTEM, fresh, item, receipt, written
from tests.registry.procedure import FAR, World, world
from tests.registry.sandbox import REGISTRAR

DAY = 86_400
YEARS = 4 * 365 * DAY
PAPER = "0x" + "5c" * 32


class Case:
    """One registration of the law's profile, whose acts pass by the door that holds them to receipts."""

    def __init__(self, office: World) -> None:
        self.world, self.step = office, 1
        holder = Key.fresh()
        self.filing = File(
            claims=(Claim(party=party_of(holder.address), rights=7),),
            data=to_hex(secrets.token_bytes(32)),
            registrar=REGISTRAR,
            profile=office.rules.number,
            kind=INITIAL,
            deadline=FAR,
        )
        self.id = self.filing.digest(office.deployment.domain("Registrations"))
        office.act(self.filing, holder)
        self._do(Accept, office.reviewer)

    def publish(self, name: str = ZERO, *, until: int | None = None, effective: int = 0) -> None:
        until = until or self.now + 5 * DAY + 60
        more = {"profile": self.filing.profile, "until": until}
        self._do(Publish, self.world.reviewer, receipt=name, effective=effective, **more)

    def attest(self, name: str = ZERO, *, effective: int = 0, expiry: int = 0) -> None:
        self.wait(5 * DAY + 7200)
        more = {"profile": self.filing.profile, "expiry": expiry or self.now + YEARS}
        self._do(Attest, self.world.approver, receipt=name, effective=effective, **more)

    def take(self, kind: str, *, replaces: str | None = None, **one: Any) -> Taken:
        effective = one.pop("effective", self.now)
        value = receipt(kind, item(self.id, **one), effective=effective, replaces=replaces)
        self.world.follow()
        with self.world.engine.connect() as connection:
            return taking.take(
                written(value), self.world.documents, connection, now=one_moment(self.world)
            )

    def wait(self, seconds: int) -> None:
        """Until a block that is so much later."""
        self.world.wait(seconds)
        self.world.node.request("evm_mine")

    def refuse(self) -> None:
        message = Refuse(
            registrar=REGISTRAR,
            officer=self.world.reviewer.address,
            registration=self.id,
            step=self.step,
            ground=1,
            decision=PAPER,
            deadline=FAR,
        )
        self.world.act(message, self.world.reviewer)

    def object(self) -> None:
        objector = Key.fresh()
        party = party_of(objector.address)
        message = Object(
            objector=party, registration=self.id, serial=0, grounds=PAPER, deadline=FAR
        )
        self.world.act(message, objector)
        self.step += 1

    @property
    def now(self) -> int:
        return self.world.chain.head().time

    def _do(self, kind: Any, officer: Key, **members: Any) -> None:
        message = kind(
            registrar=REGISTRAR,
            officer=officer.address,
            registrations=(self.id,),
            steps=(self.step,),
            deadline=FAR,
            **members,
        )
        self.world.act(message, officer, filings=(self.filing,) if kind is Attest else ())
        self.step += 1

    def agreed(self) -> "Case":
        """Published and attested on receipts that say the same."""
        until, effective = self.now + 5 * DAY + 60, self.now
        first = self.take("PUBLICATION", until=until, effective=effective)
        self.publish(first.name, until=until, effective=effective)
        self.wait(5 * DAY + 7200)
        effective, expiry = self.now, self.now + YEARS
        second = self.take("ATTESTATION", effective=effective, expiry=expiry)
        more = {"profile": self.filing.profile, "expiry": expiry, "effective": effective}
        self._do(Attest, self.world.approver, receipt=second.name, **more)
        return self


def one_moment(office: World) -> int:
    """When receipts are taken in: by the chain's clock, which tests move ahead."""
    return office.chain.head().time


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("office"), "CN_NDA_2026") as found:
        yield found


@pytest.fixture
def case(office: World) -> Case:
    return Case(office)


def report(office: World, *, later: int = 0, **more: Any) -> Report:
    office.follow()
    with office.engine.connect() as connection:
        now = one_moment(office) + later
        return reconcile(connection, office.documents, **{"now": now} | more)


def rows(case: Case, **more: Any) -> list[Row]:
    found = report(case.world, **more)
    return [row for row in found.rows if row.registration == case.id]


def findings(case: Case, **more: Any) -> list[Finding]:
    return [row.finding for row in rows(case, **more)]


class TestReceipts:
    def test_that_say_the_same_leave_nothing_to_report(self, case: Case) -> None:
        assert findings(case.agreed()) == []
        assert findings(case, later=400 * DAY) == []

    def test_are_missed_where_we_published_or_attested_without(self, case: Case) -> None:
        case.publish()
        assert findings(case) == [Finding.PUBLISHED_WITHOUT_RECEIPT]
        case.attest()
        assert findings(case) == [
            Finding.PUBLISHED_WITHOUT_RECEIPT,
            Finding.ATTESTED_WITHOUT_RECEIPT,
        ]

    def test_that_nobody_took_in_are_none(self, case: Case) -> None:
        named = fresh()
        case.publish(named, effective=case.now)
        assert rows(case) == [Row(Finding.PUBLISHED_WITHOUT_RECEIPT, case.id, named, None)]

    def test_lie_there_until_we_follow(self, case: Case) -> None:
        published = case.take("PUBLICATION", until=case.now + 6 * DAY)
        found = rows(case)[0]
        assert (found.finding, found.receipt) == (
            Finding.RECEIPT_WITHOUT_PUBLICATION,
            published.name,
        )
        assert (found.ours, found.theirs) == ("ACCEPTED", "PUBLICATION")
        case.take("ATTESTATION")
        assert findings(case) == [
            Finding.RECEIPT_WITHOUT_PUBLICATION,
            Finding.RECEIPT_WITHOUT_ATTESTATION,
        ]

    def test_for_what_we_refused_are_another_state(self, case: Case) -> None:
        case.take("PUBLICATION", until=case.now + 6 * DAY)
        case.refuse()
        found = rows(case, later=90 * DAY)
        assert [(each.finding, each.ours) for each in found] == [
            (Finding.STATE_MISMATCH, "REFUSED")
        ]

    def test_of_another_notice_are_named_with_both(self, case: Case) -> None:
        until, effective = case.now + 6 * DAY, case.now
        first = case.take("PUBLICATION", until=until, effective=effective)
        case.publish(first.name, until=until - 60, effective=effective)
        found = rows(case)
        assert [each.finding for each in found] == [Finding.NOTICE_MISMATCH]
        assert found[0].ours == f"{effective} to {until - 60}"
        assert found[0].theirs == f"{effective} to {until}"

    def test_corrected_after_the_act_are_a_difference(self, case: Case) -> None:
        until, effective = case.now + 6 * DAY, case.now
        first = case.take("PUBLICATION", until=until, effective=effective)
        case.publish(first.name, until=until, effective=effective)
        assert findings(case) == []
        second = case.take("PUBLICATION", until=until, effective=effective, replaces=first.name)
        assert [(each.finding, each.ours, each.theirs) for each in rows(case)] == [
            (Finding.RECEIPT_MISMATCH, first.name, second.name)
        ]

    def test_of_another_code_or_term_are_named_with_both(self, case: Case) -> None:
        case.publish()
        case.wait(5 * DAY + 7200)
        effective, expiry = case.now, case.now + YEARS
        code = f"SJ{REGISTRAR}2026019998"
        named = case.take("ATTESTATION", code=code, effective=effective, expiry=expiry + 1)
        more = {"profile": case.filing.profile, "expiry": expiry, "effective": effective}
        case._do(Attest, case.world.approver, receipt=named.name, **more)
        found = {each.finding: each for each in rows(case)}
        assert found.keys() == {
            Finding.PUBLISHED_WITHOUT_RECEIPT,
            Finding.CODE_MISMATCH,
            Finding.VALIDITY_MISMATCH,
        }
        assert found[Finding.CODE_MISMATCH].theirs == code
        assert str(found[Finding.CODE_MISMATCH].ours).startswith(f"SJ{REGISTRAR}")
        assert found[Finding.VALIDITY_MISMATCH].ours == f"{effective} to {expiry}"


class TestListing:
    def listed(self, office: World, *rows: dict[str, Any], registrar: int = REGISTRAR) -> Listing:
        value = {
            "form": "registry.standing/1",
            "issuer": SYSTEM,
            "registrar": registrar,
            "as_of": one_moment(office),
            "registrations": list(rows),
        }
        return listing.parse(written(value))

    def row(self, id: str, state: str, **changes: Any) -> dict[str, Any]:
        none: dict[str, Any] = dict.fromkeys(("record", "code", "expiry"))
        return {"registration": id, "state": state, "effective": 1} | none | changes

    def test_names_what_is_unknown_on_either_side(self, case: Case) -> None:
        stranger = fresh()
        case.agreed()
        found = report(case.world, listing=self.listed(case.world, self.row(stranger, "ATTESTED")))
        assert Row(Finding.UNKNOWN_HERE, stranger, None, "ATTESTED") in found.rows
        assert Row(Finding.UNKNOWN_THERE, case.id, "ATTESTED", None) in found.rows

    def test_is_compared_by_state_code_and_term(self, case: Case) -> None:
        case.agreed()
        stands = taking.standing(case.world.documents, case.id, "ATTESTATION")
        assert stands is not None
        same = {"effective": stands.receipt.effective, "expiry": stands.item.expiry}
        for changes, expected in (
            (same, []),
            (same | {"expiry": 9}, [Finding.VALIDITY_MISMATCH]),
            (same | {"code": f"SJ{REGISTRAR}2026010001"}, [Finding.CODE_MISMATCH]),
        ):
            told = self.listed(case.world, self.row(case.id, "ATTESTED", **changes))
            assert findings(case, listing=told) == expected, changes
        told = self.listed(case.world, self.row(case.id, "PUBLISHED", **same))
        assert findings(case, listing=told) == [Finding.STATE_MISMATCH]

    def test_of_another_registrar_is_refused(self, office: World) -> None:
        office.follow()
        with pytest.raises(Malformed, match="of registrar 443"):
            report(office, listing=self.listed(office, registrar=443), registrar=REGISTRAR)

    def test_names_each_once(self, office: World) -> None:
        one = self.row(fresh(), "ATTESTED")
        with pytest.raises(Malformed):
            self.listed(office, one, one)


class TestWaiting:
    def test_is_too_long_where_we_do_not_follow(self, case: Case) -> None:
        taken = case.take("PUBLICATION", until=case.now + 6 * DAY)
        assert Finding.WAITING_TOO_LONG not in findings(case, later=DAY - 600)
        late = rows(case, later=DAY + 600)[-1]
        assert (late.finding, late.since) == (Finding.WAITING_TOO_LONG, taken.taken_at)
        assert Finding.WAITING_TOO_LONG in findings(case, later=600, patience=60)

    def test_is_too_long_where_they_do_not_attest(self, case: Case) -> None:
        until, effective = case.now + 6 * DAY, case.now
        first = case.take("PUBLICATION", until=until, effective=effective)
        case.publish(first.name, until=until, effective=effective)
        assert findings(case, later=6 * DAY) == []
        late = rows(case, later=8 * DAY)
        grace = case.world.rules.floors.grace
        assert late == [
            Row(Finding.WAITING_TOO_LONG, case.id, "PUBLISHED", None, None, until + grace)
        ]

    def test_is_nobodys_fault_while_an_objection_is_open(self, case: Case) -> None:
        until, effective = case.now + 6 * DAY, case.now
        first = case.take("PUBLICATION", until=until, effective=effective)
        case.publish(first.name, until=until, effective=effective)
        case.object()
        assert findings(case, later=90 * DAY) == []


class TestReport:
    def test_is_as_of_a_block(self, case: Case) -> None:
        case.publish()
        case.world.follow()
        block = case.world.chain.head().number
        case.attest()
        assert findings(case, at=block) == [Finding.PUBLISHED_WITHOUT_RECEIPT]
        assert len(findings(case)) == 2
        with pytest.raises(NotFound):
            report(case.world, at=block + 1000)

    def test_leaves_out_receipts_taken_in_since(self, case: Case) -> None:
        case.world.follow()
        block = case.world.chain.head().number
        case.wait(600)
        case.take("PUBLICATION", until=case.now + 6 * DAY)
        assert findings(case, at=block) == []
        assert findings(case) == [Finding.RECEIPT_WITHOUT_PUBLICATION]

    def test_counts_every_finding_and_is_of_one_registrar(self, case: Case) -> None:
        case.publish()
        found = report(case.world, registrar=REGISTRAR)
        assert found.counts.keys() == {each.value for each in Finding}
        assert sum(found.counts.values()) == len(found.rows)
        assert not found.is_clean
        other = report(case.world, registrar=443)
        assert (other.is_clean, other.compared) == (True, 0)

    def test_knows_receipts_that_another_registrar_took_in(self, case: Case) -> None:
        """A hand-over brings papers by their hashes, and not what a desk knew of them."""
        until, effective = case.now + 6 * DAY, case.now
        value = receipt("PUBLICATION", item(case.id, until=until), effective=effective)
        name = case.world.documents.put(written(value))
        case.publish(name, until=until, effective=effective)
        assert findings(case) == []
