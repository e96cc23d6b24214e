"""A registrar's hand-over to its successor.

Hand-over
├── what is written is complete: every claim is established, and each filing's papers are there
├── the successor takes it into a store of its own; again changes nothing
├── it dies anywhere and is begun anew, under the same key; what is whole is never written over
├── without node, key or hand-over on the chain that is said, not passed over
├── whatever is left out or altered is found: a fact, a record, a document, an opening, a key
├── what happens between it and the hand-over on the chain is found
├── what was erased is said to be lacking
└── a certificate of who has exited still establishes; one filed with it afterwards does not
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from registry import certificates, registrars
from registry.certificates import trust_file
from registry.documents import Documents, Enclosure
from registry.errors import Conflict, Mismatch, NotFound
from registry.handover import Claim, check, is_complete, listing, take, write
from registry.handover.folder import FACTS, MANIFEST, Folder, read_key
from registry.hashes import canonical, from_hex
from registry.keys import Key
from registry.messages import ZERO, party_of
from registry.registrars import APPROVER, REVIEWER, ExitStage, Standing
from registry.registrations import questions
from registry.registrations.acts import Accept, Attest, File, Publish
from registry.verification import verify
from tests.registry.exported import verdicts
from tests.registry.procedure import FAR, Holder, World, world
from tests.registry.sandbox import REGISTRAR

SUCCESSOR = 991


@dataclass(frozen=True)
class Office:
    """The successor's officers."""

    reviewer: Key
    approver: Key


@dataclass(frozen=True)
class Written:
    made: World
    office: Office
    folder: Path
    key_file: Path
    digest: str

    @property
    def key(self) -> bytes:
        return read_key(self.key_file)

    def trust(self) -> dict[str, Any]:
        with self.made.engine.connect() as connection:
            return trust_file(self.made.chain, self.made.deployment, connection)

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.folder, to)
        return to


def export(made: World, folder: Path, key_file: Path, **more: Any) -> str:
    made.follow()
    with made.engine.connect() as connection:
        return write(
            made.chain,
            made.deployment,
            connection,
            made.documents,
            made.checkpoints,
            REGISTRAR,
            out=folder,
            key_file=key_file,
            **more,
        )


def begun(folder: Path) -> Iterator[tuple[World, Office]]:
    """Two registrars, and two filings with the first: one attested, one just filed."""
    office = Office(Key.fresh(), Key.fresh())
    with world(folder) as made:
        made.administer("Registrars", "admit", SUCCESSOR)
        for key, role in ((office.reviewer, REVIEWER), (office.approver, APPROVER)):
            made.administer("Registrars", "appoint", SUCCESSOR, key.address, role)
        holders = made.two_holders()
        made.attest(made.file(*holders))
        evidence = made.documents.put(b"given with an objection", media="text/plain")
        enclosed = Enclosure("0x" + "0b" * 32, made.registration, (evidence,))
        made.documents.keep_enclosure(enclosed)
        made.documents.keep_papers(enclosed.act, b"a statement and its salt")
        made.salt = "0x" + "5a" * 32
        made.file(holders[0])
        yield made, office


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """Written, not handed over yet."""
    folder = tmp_path_factory.mktemp("handover")
    (folder / "world").mkdir()
    for made, office in begun(folder / "world"):
        digest = export(made, folder / "out", folder / "key")
        yield Written(made, office, folder / "out", folder / "key", digest)


@pytest.fixture
def leaving(tmp_path: Path) -> Iterator[tuple[World, Office]]:
    """A world of one's own, to hand over."""
    (tmp_path / "world").mkdir()
    yield from begun(tmp_path / "world")


def verdicts_of(claims: tuple[Claim, ...]) -> dict[str, str]:
    return {each.name: each.verdict for each in claims}


def reason(claims: tuple[Claim, ...], name: str) -> str:
    return next(each.because for each in claims if each.name == name)


def checked(written: Written, folder: Path) -> tuple[Claim, ...]:
    return check(folder, written.trust(), chain=written.made.chain, key=written.key)


def hand_over(made: World, digest: str) -> None:
    made.administer("Registrars", "reportExit", REGISTRAR, 0, b"r" * 32, b"p" * 32)
    for stage in (ExitStage.AGREED, ExitStage.FORWARDED, ExitStage.CONSENTED):
        made.administer("Registrars", "moveExit", REGISTRAR, stage, 0, b"d" * 32)
    made.administer("Registrars", "handOver", REGISTRAR, SUCCESSOR, b"i" * 32, from_hex(digest))
    made.follow()


class TestWrite:
    def test_is_complete(self, written: Written) -> None:
        claims = checked(written, written.folder)
        assert is_complete(claims), [(e.name, e.verdict, e.because) for e in claims]
        assert verdicts_of(claims) == {
            **{each.name: "established" for each in claims},
            "handed_over": "not established",
        }

    def test_lists_records_rights_and_running_clocks(self, written: Written) -> None:
        manifest, digest = Folder(written.folder).manifest()
        assert digest == written.digest
        assert [each["state"] for each in manifest["registrations"]] == ["ATTESTED", "SUBMITTED"]
        assert len(manifest["rights"]) == 2
        assert [each["clock"] for each in manifest["cases"]] == ["answer"]
        assert [len(each["documents"]) for each in manifest["papers"]] == [2, 1]

    def test_shows_nothing_to_who_lacks_the_key(self, written: Written) -> None:
        form = "城市轨道交通".encode()
        assert not any(
            form in path.read_bytes() for path in written.folder.rglob("*") if path.is_file()
        )

    def test_keeps_the_key_apart(self, written: Written) -> None:
        with pytest.raises(Mismatch, match="must not travel"):
            export(written.made, written.folder.parent / "o", written.folder.parent / "o" / "key")

    def test_of_a_whole_folder_is_refused(self, written: Written) -> None:
        with pytest.raises(Conflict, match="whole"):
            export(written.made, written.folder, written.key_file)

    def test_of_a_folder_with_other_things_is_refused(
        self, written: Written, tmp_path: Path
    ) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "letter.txt").write_text("mine")
        with pytest.raises(Conflict, match=r"letter\.txt"):
            export(written.made, tmp_path / "out", tmp_path / "key")

    def test_of_a_registrar_that_never_was_is_refused(
        self, written: Written, tmp_path: Path
    ) -> None:
        made = written.made
        with made.engine.connect() as connection, pytest.raises(NotFound, match="123"):
            write(
                made.chain,
                made.deployment,
                connection,
                made.documents,
                made.checkpoints,
                123,
                out=tmp_path / "out",
                key_file=tmp_path / "key",
            )

    @pytest.mark.parametrize("after", [1, 2])
    def test_dies_and_is_begun_anew_under_the_same_key(
        self, written: Written, tmp_path: Path, after: int
    ) -> None:
        class Died(BaseException):
            pass

        def die(done: int, total: int) -> None:
            if done == after:
                raise Died

        out, key_file = tmp_path / "out", tmp_path / "key"
        with pytest.raises(Died):
            export(written.made, out, key_file, progress=die)
        key = read_key(key_file)
        assert not (out / MANIFEST).exists()
        assert verdicts_of(checked(written, out))["manifest"] == "false"
        (out / "documents" / ("0x" + "ab" * 32)).write_bytes(b"of an earlier run")
        export(written.made, out, key_file)
        assert read_key(key_file) == key
        claims = check(out, written.trust(), chain=written.made.chain, key=key)
        assert is_complete(claims), [(e.name, e.verdict, e.because) for e in claims]


class TestCheck:
    def test_says_what_it_was_not_given(self, written: Written) -> None:
        claims = check(written.folder, written.trust())
        assert not is_complete(claims)
        unknown = {n for n, verdict in verdicts_of(claims).items() if verdict != "established"}
        assert unknown == {"tips", "openings", "documents", "handed_over"}
        assert "false" not in verdicts_of(claims).values()

    def test_finds_another_key(self, written: Written) -> None:
        claims = check(written.folder, written.trust(), chain=written.made.chain, key=bytes(32))
        assert verdicts_of(claims)["openings"] == verdicts_of(claims)["documents"] == "false"

    def test_finds_another_chain_and_another_signer(self, written: Written) -> None:
        trust = written.trust()
        other = trust | {"genesis": ZERO, "checkpoint_keys": []}
        claims = verdicts_of(check(written.folder, other))
        assert claims["chain"] == claims["checkpoint"] == "false"

    @pytest.mark.parametrize("place", [0, 10, -1])
    def test_finds_a_missing_fact(self, written: Written, tmp_path: Path, place: int) -> None:
        folder = written.copy(tmp_path / "out")
        lines = (folder / FACTS).read_text().splitlines()
        logs = [
            n for n, line in enumerate(lines) if line.startswith('{"log"') and '"data":"0x' in line
        ]
        del lines[logs[place] if place else logs[5]]
        (folder / FACTS).write_text("\n".join(lines) + "\n")
        assert verdicts_of(checked(written, folder))["facts"] == "false"

    def test_finds_facts_left_out_on_both_sides(self, written: Written, tmp_path: Path) -> None:
        """Who cuts the last facts and mends the heads is contradicted by the chain alone."""
        folder = written.copy(tmp_path / "out")
        lines = (folder / FACTS).read_text().splitlines()
        filed = max(n for n, line in enumerate(lines) if line.startswith('{"log"'))
        del lines[filed]
        (folder / FACTS).write_text("\n".join(lines) + "\n")
        told = reason(checked(written, folder), "facts")
        found = json.loads(told[told.index("{") : told.index("}") + 1].replace("'", '"'))
        self._rewrite(folder, lambda m: m["tips"]["Registrations"].update(found))
        claims = verdicts_of(checked(written, folder))
        assert claims["facts"] == "established"
        assert claims["tips"] == claims["records"] == "false"

    @pytest.mark.parametrize("part", ["registrations", "rights", "cases"])
    def test_finds_a_record_that_is_not_listed(
        self, written: Written, tmp_path: Path, part: str
    ) -> None:
        folder = written.copy(tmp_path / "out")
        self._rewrite(folder, lambda m: m[part].pop())
        assert verdicts_of(checked(written, folder))["records"] == "false"

    def test_finds_papers_that_are_not_listed(self, written: Written, tmp_path: Path) -> None:
        folder = written.copy(tmp_path / "out")
        self._rewrite(folder, lambda m: m["papers"].pop())
        claims = verdicts_of(checked(written, folder))
        assert claims["openings"] == claims["documents"] == "false"

    def test_finds_a_form_that_is_not_listed(self, written: Written, tmp_path: Path) -> None:
        folder = written.copy(tmp_path / "out")
        self._rewrite(folder, lambda m: m["papers"][0]["documents"].clear())
        assert verdicts_of(checked(written, folder))["openings"] == "false"

    @pytest.mark.parametrize("kind", ["documents", "openings"])
    @pytest.mark.parametrize("how", ["missing", "altered", "exchanged"])
    def test_finds_what_is_sealed_and_not_right(
        self, written: Written, tmp_path: Path, kind: str, how: str
    ) -> None:
        folder = written.copy(tmp_path / "out")
        first, second, *_ = sorted((folder / kind).iterdir())
        if how == "missing":
            first.unlink()
        elif how == "altered":
            first.write_bytes(first.read_bytes()[:-1] + b"\x00")
        else:
            second.replace(first)
        assert verdicts_of(checked(written, folder))[kind] == "false"

    def test_finds_documents_of_nobody(self, written: Written, tmp_path: Path) -> None:
        folder = written.copy(tmp_path / "out")
        (folder / "documents" / ZERO).write_bytes(b"")
        assert verdicts_of(checked(written, folder))["documents"] == "false"

    def test_finds_an_enclosure_that_is_missing_or_not_listed(
        self, written: Written, tmp_path: Path
    ) -> None:
        folder = written.copy(tmp_path / "lost")
        next((folder / "enclosures").iterdir()).unlink()
        assert verdicts_of(checked(written, folder))["documents"] == "false"
        for kind in ("enclosures", "papers"):
            folder = written.copy(tmp_path / kind)
            self._rewrite(folder, lambda m, kind=kind: m["papers"][0][kind].clear())
            claims = checked(written, folder)
            assert verdicts_of(claims)["documents"] == "false", kind
            assert kind in reason(claims, "documents")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"handover":1}', "\x00"])
    def test_no_manifest_makes_it_raise(self, written: Written, tmp_path: Path, text: str) -> None:
        folder = written.copy(tmp_path / "out")
        (folder / MANIFEST).write_text(text)
        assert verdicts_of(checked(written, folder))["manifest"] == "false"

    @staticmethod
    def _rewrite(folder: Path, change: Any) -> None:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        change(manifest)
        (folder / MANIFEST).write_bytes(canonical(manifest))


class TestTake:
    def test_the_successor_has_what_the_registrar_had(
        self, written: Written, tmp_path: Path
    ) -> None:
        theirs = Documents.open(tmp_path / "documents")
        for _ in range(2):
            assert take(written.folder, theirs, written.key) == (2, 3)
        for each in Folder(written.folder).manifest()[0]["papers"]:
            opening = written.made.documents.opening(each["registration"])
            assert theirs.opening(each["registration"]) == opening
            assert theirs.form(opening.form) == written.made.documents.form(opening.form)
            enclosed = written.made.documents.enclosures(each["registration"])
            assert theirs.enclosures(each["registration"]) == enclosed
            for one in enclosed:
                assert theirs.papers(one.act) == b"a statement and its salt"
                assert theirs.get(one.documents[0]) == b"given with an objection"
        theirs.close()

    def test_waits_for_the_chain(self, written: Written, tmp_path: Path) -> None:
        theirs = Documents.open(tmp_path / "documents")
        with (
            written.made.engine.connect() as connection,
            pytest.raises(Conflict, match="not handed"),
        ):
            take(written.folder, theirs, written.key, connection=connection)
        theirs.close()

    def test_leaves_out_a_registration_of_which_a_part_is_wrong(
        self, written: Written, tmp_path: Path
    ) -> None:
        folder = written.copy(tmp_path / "out")
        papers = Folder(folder).manifest()[0]["papers"][1]
        sealed = folder / "openings" / papers["registration"]
        sealed.write_bytes(sealed.read_bytes()[:-1])
        theirs = Documents.open(tmp_path / "documents")
        with pytest.raises(Mismatch):
            take(folder, theirs, written.key)
        with pytest.raises(NotFound):
            theirs.form(papers["documents"][0]["name"])
        theirs.close()


class TestExit:
    def test_the_successor_carries_on_and_certificates_survive(
        self, leaving: tuple[World, Office], tmp_path: Path
    ) -> None:
        made, office = leaving
        attested, pending = self._registrations(made)
        digest = export(made, tmp_path / "out", tmp_path / "key")
        hand_over(made, digest)
        with made.engine.connect() as connection:
            found = registrars.registrars(connection)
            assert found[REGISTRAR].standing is Standing.EXITED
            served = registrars.office(found, REGISTRAR)
            assert served is not None
            assert served.number == SUCCESSOR
            steps = registrars.steps(connection, REGISTRAR)
            trust = json.loads(canonical(trust_file(made.chain, made.deployment, connection)))
        assert [each.event for each in steps[-5:]] == [
            "ExitReported",
            *["ExitMoved"] * 3,
            "RegistrarHandedOver",
        ]
        key = read_key(tmp_path / "key")
        claims = check(tmp_path / "out", trust, chain=made.chain, key=key)
        assert set(verdicts_of(claims).values()) == {"established"}
        theirs = Documents.open(tmp_path / "theirs")
        with made.engine.connect() as connection:
            assert take(tmp_path / "out", theirs, key, connection=connection) == (2, 3)
        theirs.close()
        self._finish(made, office, pending)
        for registration in (attested, pending):
            report = verify(*self._bundle(made, registration))
            assert report.exit_code == 0, report
            assert verdicts(report)["officers"] == "established"

    def test_what_is_filed_with_who_has_left_does_not_establish(
        self, leaving: tuple[World, Office], tmp_path: Path
    ) -> None:
        """The contracts cannot tell; the verifier does (docs/decisions/0018)."""
        made, office = leaving
        hand_over(made, export(made, tmp_path / "out", tmp_path / "key"))
        made.salt = "0x" + "5b" * 32
        filing = self._file_anew(made)
        self._finish(made, office, made.registration, filing)
        report = verify(*self._bundle(made, made.registration))
        assert verdicts(report)["officers"] == "false"
        assert report.exit_code == 7

    def test_what_came_in_between_is_found(
        self, leaving: tuple[World, Office], tmp_path: Path
    ) -> None:
        made, _ = leaving
        digest = export(made, tmp_path / "out", tmp_path / "key")
        made.salt = "0x" + "5b" * 32
        self._file_anew(made)
        made.follow()
        with made.engine.connect() as connection:
            trust = trust_file(made.chain, made.deployment, connection)
        claims = check(tmp_path / "out", trust, chain=made.chain)
        assert "1 facts" in reason(claims, "handed_over")
        hand_over(made, digest)
        claims = check(tmp_path / "out", trust, chain=made.chain)
        assert verdicts_of(claims)["handed_over"] == "false"

    def test_another_manifest_on_the_chain_is_found(
        self, leaving: tuple[World, Office], tmp_path: Path
    ) -> None:
        made, _ = leaving
        export(made, tmp_path / "out", tmp_path / "key")
        hand_over(made, "0x" + "6d" * 32)
        with made.engine.connect() as connection:
            trust = trust_file(made.chain, made.deployment, connection)
            claims = check(tmp_path / "out", trust, chain=made.chain)
            assert verdicts_of(claims)["handed_over"] == "false"
            theirs = Documents.open(tmp_path / "theirs")
            with pytest.raises(Conflict, match="by the manifest"):
                take(tmp_path / "out", theirs, read_key(tmp_path / "key"), connection=connection)
            theirs.close()

    def test_what_was_erased_is_said_to_be_lacking(
        self, leaving: tuple[World, Office], tmp_path: Path
    ) -> None:
        made, _ = leaving
        made.documents.erase_filing(made.registration, reason="asked for")
        export(made, tmp_path / "out", tmp_path / "key")
        with made.engine.connect() as connection:
            trust = trust_file(made.chain, made.deployment, connection)
        claims = check(tmp_path / "out", trust, chain=made.chain, key=read_key(tmp_path / "key"))
        assert verdicts_of(claims)["openings"] == "not established"
        assert "erased: asked for" in reason(claims, "openings")

    @staticmethod
    def _registrations(made: World) -> tuple[str, str]:
        made.follow()
        with made.engine.connect() as connection:
            first, second = listing.filings(connection, REGISTRAR, at=made.chain.head().number)
        return first, second

    @staticmethod
    def _file_anew(made: World) -> File:
        first = made.applicants[0]
        return made.file(Holder(party_of(first.address), 7, first))

    @staticmethod
    def _finish(made: World, office: Office, id: str, filing: File | None = None) -> None:
        """The successor's officers bring a filing to its end, under the old number."""
        made.follow()
        if filing is None:
            with made.engine.connect() as connection:
                filing = questions.filing(connection, id)
        many: dict[str, Any] = {
            "registrar": REGISTRAR,
            "registrations": (id,),
            "deadline": FAR,
        }
        none: dict[str, Any] = {"receipt": ZERO, "effective": 0, "profile": filing.profile}
        reviewer, approver = office.reviewer, office.approver
        made.act(Accept(officer=reviewer.address, steps=(1,), **many), reviewer)
        until = made.chain.head().time + 60
        publish = Publish(officer=reviewer.address, steps=(2,), until=until, **none, **many)
        made.act(publish, reviewer)
        made.wait(120)
        expiry = made.chain.head().time + 1_000_000
        attest = Attest(officer=approver.address, steps=(3,), expiry=expiry, **none, **many)
        made.act(attest, approver, filings=(filing,))

    @staticmethod
    def _bundle(made: World, id: str) -> tuple[Any, Any]:
        made.follow()
        with made.engine.connect() as connection:
            bundle = certificates.bundle(
                made.chain,
                made.deployment,
                connection,
                made.documents,
                made.checkpoints,
                id,
                disclose=("form",),
            )
            trust = trust_file(made.chain, made.deployment, connection)
        return json.loads(canonical(bundle)), json.loads(canonical(trust))
