"""`python -m registry.verification BUNDLE [--trust FILE] [--data PATH] [--json]`, without a network."""

import argparse
import hashlib
import json
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from registry.verification.report import Report, verify

MOST_BYTES = 64 << 20
CHUNK = 1 << 20
MARKS = {"established": "+", "not established": "?", "false": "!"}


def main(argv: Sequence[str] | None = None) -> int:
    """0 when nothing is false and what is needed is established, 7 when not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="registry verify", description=__doc__)
    parser.add_argument("bundle", type=Path, help="the bundle of a certificate")
    parser.add_argument("--trust", type=Path, help="whom to trust: chain, contracts, keys, rules")
    parser.add_argument("--data", type=Path, help="a file or folder, to compare its fingerprint")
    parser.add_argument("--algorithm", default="sha256", choices=("sha256", "sm3"))
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    try:
        given = parser.parse_args(argv)
    except SystemExit as e:
        return int(e.code or 0)
    try:
        trust = None if given.trust is None else read_json(given.trust)
        root = None if given.data is None else fingerprint(given.data, given.algorithm)
        bundle = read_json(given.bundle)
        report = verify(bundle, trust, data_root=root)
    except (OSError, ValueError, RecursionError) as e:
        print(f"registry verify: {e}", file=sys.stderr)
        return 2
    print(json.dumps(asdict(report), ensure_ascii=False, indent=2) if given.json else told(report))
    return report.exit_code


def read_json(path: Path) -> Any:
    """Raises: ValueError for what is not JSON, too large, or says one thing twice."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path}: larger than {MOST_BYTES} bytes")
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=_once)
    except ValueError as e:
        raise ValueError(f"{path}: {e}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two members of one name would let two readers of one file read two things.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has two members of one name")
    return found


def fingerprint(path: Path, algorithm: str = "sha256") -> str:
    """The root of a file, or of a folder with all that is in it. Raises: ValueError, OSError."""

    def digest(data: bytes) -> bytes:
        return hashlib.new(algorithm, data).digest()

    def root(row: list[bytes]) -> bytes:
        while len(row) > 1:
            odd = row[-1:] if len(row) % 2 else []
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [digest(b"\x01" + left + right) for left, right in pairs] + odd
        return row[0] if row else digest(b"")

    def of_file(file: Path) -> bytes:
        with file.open("rb") as opened:
            return root(
                [digest(b"\x00" + chunk) for chunk in iter(lambda: opened.read(CHUNK), b"")]
            )

    if not path.is_dir():
        return "0x" + of_file(path).hex()
    named = {}
    for file in path.rglob("*"):
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise ValueError(f"{file} is neither a file nor a folder")
        if file.is_file():
            name = unicodedata.normalize("NFC", file.relative_to(path).as_posix()).encode()
            if name in named:
                raise ValueError(f"{file}: two names are one in Unicode's form NFC")
            named[name] = of_file(file) + file.stat().st_size.to_bytes(8, "big")
    leaves = [digest(b"\x02" + known + name) for name, known in sorted(named.items())]
    return "0x" + root(leaves).hex()


def told(report: Report) -> str:
    """The report for a reader: a claim in both languages, its verdict and why."""
    lines = []
    for claim in report.claims:
        as_of = "" if claim.as_of is None else f", as of block {claim.as_of}"
        verdict = claim.verdict.upper() + as_of
        lines.append(f"{MARKS[claim.verdict]} {claim.number:2}. {claim.claim['en']} — {verdict}")
        lines.append(f"      {claim.claim['zh']}")
        lines.append(f"      {visible(claim.because)}")
    return "\n".join(lines)


def visible(text: str) -> str:
    """The text with all that is no visible character escaped: strangers wrote the names in it.

    A line feed in a name would let it print a claim of its own, an escape code hide one.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
