"""The story, told once through by a client over HTTP: five scenes, on data that are real."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from registry import verification
from registry.client import Client, Receipt
from registry.demo.desk import HOUR, Desk
from registry.demo.life import Sequel, agreed_day
from registry.demo.machine import published, record
from registry.demo.people import AGREED, COLLECTED, GATHERED, Form, People, Person
from registry.errors import Mismatch, NotAllowed, NotFound, RegistryError, WouldRevert
from registry.fingerprint import fingerprint
from registry.hashes import canonical, content_hash
from registry.registrations.acts import Object
from registry.settings import Settings
from registry.up import Staff

NOTICE_SECONDS = 8
REQUIRED = ("IDENTITY", "LAWFUL_SOURCE", "DESCRIPTION")

Tell = Callable[[str], None]


@dataclass
class Story:
    """What happened, with what it left on the disk."""

    url: str
    registrations: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, Any] = field(default_factory=dict)
    objection: dict[str, Any] = field(default_factory=dict)
    trust: str = ""
    verification: dict[str, Any] = field(default_factory=dict)
    tampering: dict[str, Any] = field(default_factory=dict)
    life: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(url: str, data: Path, *, tell: Tell = lambda line: None) -> Story:
    """Plays the story against the registry at `url`, whose installation keeps `data`.

    Every run files what the machine records during it, so that it can be played again. Leaves the
    bundles and the trust file in `data`. Raises: RegistryError when a scene does not end as it must.
    """
    begun = time.monotonic()
    people = People.of(data / "demo" / "keys")
    with Client(url, papers=data / "demo" / "papers") as client:
        stage = _Stage(client, Desk(client, Staff.of(Settings(data=data))), people, data, tell)
        stage.play()
    stage.story.seconds = round(time.monotonic() - begun, 1)
    return stage.story


class _Stage:
    def __init__(self, client: Client, desk: Desk, people: People, data: Path, tell: Tell) -> None:
        self.client, self.desk, self.people, self.tell = client, desk, people, tell
        self.out = data
        self.own = data / "demo" / f"{int(time.time() * 1000)}"
        self.story = Story(client.line.url)

    def play(self) -> None:
        first = self.collector_files()
        second = self.partner_files()
        self.gatherer_is_refused()
        ids = [first.digest, second.digest]
        for receipt in (first, second):
            self.client.wait(receipt.digest)
        self.registrar_publishes(ids)
        self.objector_is_heard(ids)
        self.registrar_attests(first, second)
        self.stranger_verifies(self.story.registrations[0], first)
        self.right_lives_on()

    def collector_files(self) -> Receipt:
        self.tell("1. An enterprise files what its own machine recorded 采集数据的企业提出登记申请")
        rows = record(self.own / "collector")
        form = self._machine_form(
            self.people.collector, COLLECTED, ["HOLD", "USE", "OPERATE"], rows
        )
        receipt = self.client.file(self.own / "collector", form, self.people.collector.key)
        self.tell(f"   received 已收到: {receipt.digest}")
        return receipt

    def partner_files(self) -> Receipt:
        self.tell("2. A second party holds the same data, by agreement 另一方依协议持有同一数据")
        # Its own copy, fingerprinted by itself: nothing on the ledger says that the two are the same.
        shutil.copytree(self.own / "collector", self.own / "partner")
        rows = (self.own / "partner" / "machine.csv").read_text().splitlines(keepends=True)
        form = self._machine_form(self.people.partner, AGREED, ["HOLD", "USE"], rows)
        receipt = self.client.file(self.own / "partner", form, self.people.partner.key)
        self.tell(f"   received 已收到: {receipt.digest}")
        return receipt

    def gatherer_is_refused(self) -> None:
        self.tell(
            "3. A third gathered a ministry's published figures and claims rights in them "
            "采集政府公开数据者主张权利"
        )
        person, rows = self.people.gatherer, published("urban_rail.csv")
        source, facts = GATHERED
        answers = self.client.eligibility(source, facts)
        form = person.form(
            name="全国城市轨道交通月度客运数据",
            overview="由自动化程序收集的交通运输部月度速报公开数据。",
            rights=["HOLD", "USE", "OPERATE"],
            obtained=GATHERED,
            volume=f"{len(rows.splitlines()) - 1}条",
            span=("2023-03-01", "2024-12-31"),
            sample=content_hash(rows),
            papers=[(kind, content_hash(person.paper(kind, ""))) for kind in REQUIRED],
        )
        self.own.joinpath("gatherer").mkdir()
        file = self.own / "gatherer" / "urban_rail.csv"
        file.write_bytes(rows)
        # Past the client's own check, so that it is the service that refuses.
        insisted = self.client.prepare(fingerprint(file).root, form, person.key)
        refusal = self._refused(lambda: self.client.present(insisted), NotAllowed)
        try:
            self.client.submission(insisted.registration)
            raise Mismatch(f"{insisted.registration} was refused and yet it is kept")
        except NotFound:
            pass
        self.story.refused = {
            "party": person.name,
            "answers": answers,
            "error": refusal.code,
            "flaws": [asdict(flaw) for flaw in refusal.flaws],
            "kept": False,
        }
        for flaw in refusal.flaws:
            self.tell(f"   not taken in 未予接收: {flaw.rule}: {flaw.detail}")

    def registrar_publishes(self, ids: list[str]) -> None:
        self.tell("4. The registrar accepts, reviews and publishes 登记机构受理、审查、公示")
        self.desk.accept(ids)
        for id in ids:
            self.desk.review(id)
        _, until = self.desk.publish(ids, seconds=NOTICE_SECONDS)
        told = time.strftime("%H:%M:%S", time.localtime(until))
        self.tell(
            f"   published until 公示至 {told}; {len(self.client.search('运行'))} found by name"
        )

    def objector_is_heard(self, ids: list[str]) -> None:
        self.tell(
            "   Somebody objects; before it is decided nothing can be attested 异议未决不得存证"
        )
        person = self.people.objector
        grounds = self.client.document(person.paper("异议书", "认为记录中含有本公司的设备。"))
        act = Object(
            objector=person.party,
            registration=ids[0],
            serial=0,
            grounds=grounds,
            deadline=int(time.time()) + HOUR,
        )
        made = self.client.wait(self.client.send(act, person.key).digest)
        early = self._refused(lambda: self.desk.attest(ids), WouldRevert)
        self.tell(f"   the contract refuses 合约拒绝: {early.detail}")
        reasons = self.people.objector.paper("异议处理决定", "记录仅含申请人自有设备，异议不成立。")
        decided = self.desk.dismiss(ids[0], person.party, self.client.document(reasons))
        found = self.client.history(ids[0])["objections"][0]
        self.story.objection = {
            "act": made["digest"],
            "by": person.name,
            "refused_meanwhile": early.detail,
            "resolved_by": decided,
            "outcome": found["outcome"],
        }
        self.tell("   the registrar dismisses it with reasons 登记机构说明理由后驳回异议")

    def registrar_attests(self, *receipts: Receipt) -> None:
        self.tell("5. The notice over, the approver attests 公示期满，登记机构存证")
        self.desk.attest_when_allowed([receipt.digest for receipt in receipts])
        trust = self.out / "trust.json"
        trust.write_bytes(canonical(self.client.trust_file()))
        self.story.trust = str(trust)
        for receipt in receipts:
            record = self.client.registration(receipt.digest)["registration"]
            bundle = self.out / f"{record['code']}.bundle.json"
            bundle.write_bytes(canonical(self.client.bundle(record["code"], papers=receipt.papers)))
            standing = self.client.rights(registration=receipt.digest)["rights"]
            self.story.registrations.append(
                {
                    "id": receipt.digest,
                    "code": record["code"],
                    "state": record["state"],
                    "rights": standing[0]["rights"],
                    "holder": record["notice"]["applicants"][0],
                    "bundle": str(bundle),
                    "papers": str(receipt.papers),
                    "certificate": f"{self.client.line.url}/v1/certificates/{record['code']}",
                }
            )
            self.tell(f"   {record['code']}: {', '.join(standing[0]['rights'])}")

    def stranger_verifies(self, registered: dict[str, Any], receipt: Receipt) -> None:
        self.tell("6. A stranger verifies offline, and a changed byte is caught 离线核验与篡改")
        bundle = Path(registered["bundle"]).read_bytes()
        trust = json.loads(Path(self.story.trust).read_bytes())
        root = fingerprint(self.own / "collector").root
        report = verification.verify(json.loads(bundle), trust, data_root=root)
        self.story.verification = asdict(report) | {
            "exit_code": report.exit_code,
            "data": str(self.own / "collector"),
        }
        self.tell(f"   {_counted(report)}; exit code {report.exit_code}")
        changed, what = _tampered(bundle)
        copy = self.out / f"{registered['code']}.tampered.json"
        copy.write_bytes(changed)
        caught = verification.verify(json.loads(changed), trust, data_root=root)
        false = [claim for claim in caught.claims if claim.verdict == "false"]
        self.story.tampering = {
            "file": str(copy),
            "changed": what,
            "exit_code": caught.exit_code,
            "false": [asdict(claim) for claim in false],
        }
        if report.exit_code or not false:
            raise Mismatch(f"verification: {report.exit_code}, after tampering {caught.exit_code}")
        for claim in false:
            self.tell(f"   {what}: FALSE {claim.claim['en']} {claim.because}")

    def right_lives_on(self) -> None:
        rows = record(self.own / "sequel")
        rights = ["HOLD", "USE", "OPERATE"]
        person = self.people.collector
        form = self._machine_form(person, COLLECTED, rights, rows, until=agreed_day())
        filed = self.client.file(self.own / "sequel", form, person.key)
        self.client.wait(filed.digest)
        root = fingerprint(self.own / "sequel").root
        life = Sequel(self.client, self.desk, self.people, self.tell).play(filed, root)
        self.story.life = asdict(life)

    def _machine_form(
        self,
        person: Person,
        obtained: tuple[dict[str, str], dict[str, Any]],
        rights: list[str],
        rows: list[str],
        *,
        until: str | None = None,
    ) -> Form:
        papers = [
            (kind, self.client.document(person.paper(kind, "见登记表。"), media="text/plain"))
            for kind in REQUIRED
        ]
        return person.form(
            name="示范机房服务器运行记录",
            overview="服务器自行记录的时间、负载、处理器时间与磁盘余量，按国务院节假日安排标注工作日。",
            rights=rights,
            obtained=obtained,
            volume=f"{len(rows) - 1}条",
            span=None,
            sample=self.client.document("".join(rows[:4]).encode(), media="text/csv"),
            papers=papers,
            until=until,
        )

    @staticmethod
    def _refused(act: Callable[[], object], expected: type[RegistryError]) -> RegistryError:
        try:
            act()
        except expected as e:
            return e
        raise Mismatch("what had to be refused was taken in")


def _tampered(bundle: bytes) -> tuple[bytes, str]:
    """The bundle with one byte changed: years more, or fewer, of validity."""
    certificate = bundle.index(b'"certificate":{')
    at = bundle.index(b'"expiry":', certificate) + len(b'"expiry":')
    digit = bundle[at + 2 : at + 3]
    other = b"9" if digit != b"9" else b"8"
    return bundle[: at + 2] + other + bundle[at + 3 :], f"byte {at + 2}, in certificate.expiry"


def _counted(report: verification.Report) -> str:
    verdicts = [claim.verdict for claim in report.claims]
    return ", ".join(
        f"{verdicts.count(each)} {each}" for each in ("established", "not established", "false")
    )
