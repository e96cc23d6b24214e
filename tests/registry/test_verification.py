"""Verification of a bundle

A bundle of a real registration
- establishes every claim but two: what came later and what the law says
- without a trust file, establishes no claim of authority
- names as of which block it speaks

Other chains, other people
- another registry's bundle is not of this chain
- a block signed by a stranger is no checkpoint
- what the trust file does not allow is false: key, officer, period, role, suspension, rules
- a code must be of the registrar and of the month in Beijing

A chain of headers
- stands in for a checkpoint, and breaks where one is missing

Less than everything
- nothing disclosed: existence and time alone
- the form withheld: the file can be proven, names cannot
- an account that is a contract, signatures that are lost: not established offline
- a stranger's signature beside the filing: nothing is said in its favour
- a step left out: no whole procedure

A local file
- is the data, or is not, or cannot be compared
- is fingerprinted as the package does, folders too
- is refused as the package refuses it, where two names are one

The command
- prints claim by claim, or one object; answers 0, 7 or 2
- lets nobody who chose a name print a claim with it
"""

import hashlib
import json
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from registry.chain import header_rlp
from registry.checkpoints import Checkpoint
from registry.fingerprint import fingerprint
from registry.hashes import canonical, to_hex
from registry.keys import Key
from registry.verification import Claim, Report, command, evidence, main, verify
from registry.verification.judgements import code_stem
from registry.verification.shapes import LEGAL
from tests.registry.exported import Exported, because, export, verdicts
from tests.registry.procedure import Holder, World, world

AUTHORITY = {"chain", "checkpoint_keys", "officers", "clocks"}
NEVER = {"standing", "law"}


class TestABundleOfARealRegistration:
    def test_establishes_every_claim_but_what_came_later_and_what_the_law_says(
        self, exported: Exported
    ) -> None:
        report = verify(exported.bundle, exported.trust)
        for claim in report.claims:
            expected = "not established" if claim.name in NEVER else "established"
            assert claim.verdict == expected, claim
        assert [claim.number for claim in report.claims] == list(range(1, 18))
        assert report.exit_code == 0

    def test_says_that_legal_registration_is_not_completed_here(self, exported: Exported) -> None:
        report = verify(exported.bundle, exported.trust)
        assert because(report, "law") == LEGAL[False]["en"]
        said = exported.bundle["certificate"]["legal"]
        assert said["zh"] == "依法登记不在本系统完成：登记自国家数据产权登记服务系统存证时完成。"

    def test_without_a_trust_file_establishes_no_authority(self, exported: Exported) -> None:
        report = verify(exported.bundle)
        found = verdicts(report)
        assert {name for name, verdict in found.items() if verdict != "established"} == (
            AUTHORITY | NEVER
        )
        assert report.exit_code == 7

    def test_names_the_block_as_of_which_it_speaks(self, exported: Exported) -> None:
        report = verify(exported.bundle, exported.trust)
        as_of = exported.world.chain.head().number
        aging = {claim.name: claim.as_of for claim in report.claims if claim.as_of is not None}
        assert aging == dict.fromkeys(("facts", "history", "certificate", "standing"), as_of)


class TestOtherChainsOtherPeople:
    def test_the_bundle_of_another_registry_is_not_of_this_chain(
        self, exported: Exported, tmp_path: Path
    ) -> None:
        with world(tmp_path) as other:
            other.attest(other.file(*other.two_holders()))
            report = verify(export(other).bundle, exported.trust)
        assert verdicts(report)["chain"] == "false"
        assert verdicts(report)["facts"] == "established"
        assert report.exit_code == 7

    def test_a_block_signed_by_a_stranger_is_no_checkpoint(self, exported: Exported) -> None:
        bundle, _ = exported.copies()
        stranger = Key.fresh()
        for block in bundle["blocks"]:
            header = evidence.header(block["header"])
            message = Checkpoint(number=header.number, hash=header.hash)
            digest = message.digest(exported.world.deployment.domain("Registrars"))
            block["checkpoint"] = {
                "key": stranger.address,
                "signature": stranger.sign(digest),
            }
        found = verdicts(verify(bundle, exported.trust))
        assert (found["checkpoints"], found["checkpoint_keys"]) == ("established", "false")

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            (lambda t: t["checkpoint_keys"].clear(), "checkpoint_keys"),
            (lambda t: t["checkpoint_keys"][0].update(until=1), "checkpoint_keys"),
            (lambda t: t["registrars"].clear(), "officers"),
            (lambda t: t["registrars"]["990"]["officers"].pop(), "officers"),
            (lambda t: t["registrars"]["990"]["officers"][1].update(roles=1), "officers"),
            (lambda t: t["registrars"]["990"]["officers"][0].update(until=1), "officers"),
            (
                lambda t: t["registrars"]["990"]["suspensions"].append({"since": 1, "until": None}),
                "officers",
            ),
            (lambda t: t["profiles"].clear(), "clocks"),
            (lambda t: t["profiles"]["60001"].update(notice=500), "clocks"),
            (lambda t: t["profiles"]["60001"].update(grace=500), "clocks"),
            (lambda t: t["profiles"]["60001"].update(validity=500), "clocks"),
            (lambda t: t["profiles"]["60001"].update(prefix="SJ"), "clocks"),
            (lambda t: t["profiles"]["60001"].update(name="CN_NDA_2026"), "clocks"),
        ],
    )
    def test_who_or_what_the_trust_file_does_not_allow_is_false(
        self, exported: Exported, change: Callable[[Any], None], claim: str
    ) -> None:
        bundle, trust = exported.copies()
        change(trust)
        report = verify(bundle, trust)
        assert {n for n, v in verdicts(report).items() if v == "false"} == {claim}
        assert report.exit_code == 7

    @pytest.mark.parametrize(
        ("since", "month"),
        [
            ("2026-10-31T15:59:59+00:00", "202610"),
            ("2026-10-31T16:00:00+00:00", "202611"),
            ("2026-12-31T16:00:00+00:00", "202701"),
        ],
    )
    def test_a_code_is_of_the_month_in_beijing(self, since: str, month: str) -> None:
        moment = int(datetime.fromisoformat(since).timestamp())
        assert code_stem("XX", 990, moment) == f"XX990{month}"
        assert code_stem("SJ", 7, moment) == f"SJ007{month}"

    def test_refuses_a_malformed_trust_file(self, exported: Exported) -> None:
        bundle, trust = exported.copies()
        trust["profiles"]["60001"]["notice"] = "long"
        with pytest.raises(ValueError, match="/profiles/60001/notice"):
            verify(bundle, trust)


class TestAChainOfHeaders:
    def test_stands_in_for_a_checkpoint(self, exported: Exported) -> None:
        bundle, _ = exported.copies()
        number = evidence.header(bundle["blocks"][0]["header"]).number
        last = bundle["blocks"][-1]
        bundle["blocks"][0]["descendants"] = self.headers(exported, number + 1)
        bundle["blocks"][0]["checkpoint"] = last["checkpoint"]
        found = verdicts(verify(bundle, exported.trust))
        assert (found["checkpoints"], found["checkpoint_keys"]) == ("established", "established")

    def test_breaks_where_one_is_missing(self, exported: Exported) -> None:
        bundle, _ = exported.copies()
        number = evidence.header(bundle["blocks"][0]["header"]).number
        above = self.headers(exported, number + 1)
        bundle["blocks"][0]["descendants"] = [*above[:1], *above[2:]]
        bundle["blocks"][0]["checkpoint"] = bundle["blocks"][-1]["checkpoint"]
        report = verify(bundle, exported.trust)
        assert verdicts(report)["checkpoints"] == "false"
        assert "does not follow" in because(report, "checkpoints")

    @staticmethod
    def headers(exported: Exported, first: int) -> list[str]:
        chain = exported.world.chain
        return [to_hex(header_rlp(b.raw)) for b in chain.blocks(first, chain.head().number)]


class TestLessThanEverything:
    def test_nothing_disclosed_shows_existence_and_time_alone(self, made: World) -> None:
        found = export(made)
        report = verify(found.bundle, found.trust)
        weak = {n for n, v in verdicts(report).items() if v != "established"}
        assert weak == {"opening", "names"} | NEVER
        assert report.exit_code == 0
        text = json.dumps(found.bundle)
        assert made.salt not in text
        assert made.fingerprint not in text

    def test_names_that_no_form_supports_are_not_established(self, made: World) -> None:
        found = export(made)
        found.bundle["certificate"]["described"]["name"] = "别的数据"
        assert verdicts(verify(found.bundle, found.trust))["names"] == "not established"

    def test_the_form_withheld_still_proves_the_file(self, made: World) -> None:
        found = export(made, "data")
        report = verify(found.bundle, found.trust, data_root=made.fingerprint)
        weak = {n for n, v in verdicts(report).items() if v != "established"}
        assert weak == {"names"} | NEVER
        assert "phone" not in json.dumps(found.bundle)

    def test_a_contract_account_is_not_established_offline(self, tmp_path: Path) -> None:
        with world(tmp_path) as made:
            made.attest(made.file(Holder(made.contract_account(), 7, None)))
            found = export(made, "form")
        report = verify(found.bundle, found.trust)
        weak = {n for n, v in verdicts(report).items() if v != "established"}
        assert weak == {"applicants"} | NEVER
        assert "accepted by the contract in block" in because(report, "applicants")
        assert report.exit_code == 0

    def test_a_filing_whose_signatures_are_lost_still_stands_in_the_ledger(
        self, exported: Exported
    ) -> None:
        bundle, trust = exported.copies()
        bundle["acts"][0]["signatures"] = []
        report = verify(bundle, trust)
        assert verdicts(report)["applicants"] == "not established"
        assert "accepted" in because(report, "applicants")

    def test_nothing_is_said_for_a_strangers_signature(self, exported: Exported) -> None:
        bundle, trust = exported.copies()
        stranger = Key.fresh()
        signature = stranger.sign(bundle["certificate"]["registration"])
        filed = next(act for act in bundle["acts"] if act["type"] == "File")
        filed["signatures"][0] = {"kind": "ecdsa", "by": stranger.address, "signature": signature}
        report = verify(bundle, trust)
        assert verdicts(report)["applicants"] == "not established"
        assert "was accepted" not in because(report, "applicants")

    def test_a_step_left_out_is_no_whole_procedure(self, exported: Exported) -> None:
        bundle, trust = exported.copies()
        # The decision on the objections: its receipt, its block and its message.
        bundle["blocks"] = [
            b for b in bundle["blocks"] if b["hash"] != bundle["receipts"][6]["block"]
        ]
        del bundle["receipts"][6]
        bundle["acts"] = [act for act in bundle["acts"] if act["type"] != "Resolve"]
        report = verify(bundle, trust)
        assert verdicts(report)["history"] == "not established"
        assert "[2, 3, 4, 5, 8]" in because(report, "history")
        assert report.exit_code == 7


class TestALocalFile:
    def test_is_the_data(self, exported: Exported) -> None:
        root = exported.world.fingerprint
        report = verify(exported.bundle, exported.trust, data_root=root)
        assert verdicts(report)["data"] == "established"
        assert report.exit_code == 0

    def test_is_other_data(self, exported: Exported) -> None:
        report = verify(exported.bundle, exported.trust, data_root="0x" + "22" * 32)
        assert verdicts(report)["data"] == "false"
        assert report.exit_code == 7

    def test_cannot_be_compared_with_what_was_not_disclosed(self, made: World) -> None:
        found = export(made)
        report = verify(found.bundle, found.trust, data_root=made.fingerprint)
        assert verdicts(report)["data"] == "not established"
        assert report.exit_code == 7

    @pytest.mark.parametrize("size", [0, 1, 2**20, 2**20 + 1, 3 * 2**20, 5 * 2**20 + 7])
    def test_is_fingerprinted_as_the_package_does(self, tmp_path: Path, size: int) -> None:
        (tmp_path / "data").write_bytes(bytes(i % 251 for i in range(size)))
        expected = fingerprint(tmp_path / "data").root
        assert command.fingerprint(tmp_path / "data") == expected

    def test_may_be_a_folder(self, tmp_path: Path) -> None:
        for name in ("b/ü.csv", "b/a", "a.csv", "b.csv", "空", ".hidden"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(name)
        (tmp_path / "empty").mkdir()
        expected = fingerprint(tmp_path).root
        assert command.fingerprint(tmp_path) == expected
        sm3 = fingerprint(tmp_path, algorithm="sm3").root
        if "sm3" in hashlib.algorithms_available:
            assert command.fingerprint(tmp_path, "sm3") == sm3

    def test_is_refused_where_a_second_file_hides_behind_the_name_of_the_first(
        self, tmp_path: Path
    ) -> None:
        for form in ("NFC", "NFD"):
            (tmp_path / unicodedata.normalize(form, "é.csv")).write_text(form)
        with pytest.raises(ValueError, match="NFC"):
            command.fingerprint(tmp_path)


class TestTheCommand:
    @pytest.fixture
    def files(self, exported: Exported, tmp_path: Path) -> tuple[Path, Path]:
        bundle, trust = tmp_path / "a.bundle.json", tmp_path / "trust.json"
        bundle.write_bytes(canonical(exported.bundle))
        trust.write_bytes(canonical(exported.trust))
        return bundle, trust

    def test_prints_claim_by_claim(
        self, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(files[0]), "--trust", str(files[1])]) == 0
        told = capsys.readouterr().out
        assert told.count("ESTABLISHED") == 17
        assert "17. The registration is complete in law. — NOT ESTABLISHED" in told

    def test_a_name_prints_no_claim_of_its_own(self) -> None:
        name = "数据\n+ 16. The rights still stand today. — ESTABLISHED\x1b[8m\u202e"
        words = {"en": "The names are those of the form.", "zh": "名称一致。"}
        report = Report((Claim(11, "names", words, "established", name, None, False),))
        lines = command.told(report).split("\n")
        assert len(lines) == 3
        assert lines[2].strip() == (
            "数据\\n+ 16. The rights still stand today. — ESTABLISHED\\x1b[8m\\u202e"
        )

    def test_runs_as_a_module_without_a_word_beside_the_report(
        self, files: tuple[Path, Path]
    ) -> None:
        call = [sys.executable, "-W", "error", "-m", "registry.verification", *map(str, files[:1])]
        ran = subprocess.run([*call, "--trust", str(files[1])], capture_output=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, b"")

    def test_prints_one_object(
        self, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(files[0]), "--json"]) == 7
        told = json.loads(capsys.readouterr().out)
        assert [claim["number"] for claim in told["claims"]] == list(range(1, 18))

    def test_answers_7_for_what_was_tampered_with(
        self, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        files[0].write_text(files[0].read_text().replace("轨道", "公路"))
        assert main([str(files[0]), "--trust", str(files[1])]) == 7
        assert "FALSE" in capsys.readouterr().out

    @pytest.mark.parametrize("content", ["", "{", '{"a": 1, "a": 2}', "[" * 100_000])
    def test_answers_2_for_what_is_no_json_or_says_a_thing_twice(
        self, files: tuple[Path, Path], content: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files[0].write_text(content)
        assert main([str(files[0])]) == 2
        assert capsys.readouterr().out == ""

    def test_answers_2_for_wrong_usage(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 2
        assert main(["/nowhere.json"]) == 2
        assert capsys.readouterr().out == ""
