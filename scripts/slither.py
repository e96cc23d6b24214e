"""Ask slither about the contracts; each finding above informational must be explained.

    slither.py    exit code 0 when contracts/slither.json explains exactly what slither finds

An explanation is {"check", "element", "why"}: slither's detector, the function, variable or
contract that it names first ("*" for whatever this detector names), and why the finding is no
fault. One that slither no longer confirms is stale, and fails as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if not __package__:
    sys.path[0] = str(ROOT)  # not scripts/, whose names would hide others

from scripts.compile import PACKAGE, canonical, sources, standard_input  # noqa: E402
from scripts.dev import Environment  # noqa: E402
from scripts.solc import CompileFault, compiler  # noqa: E402

EXPLANATIONS = ROOT / "contracts/slither.json"
OUTPUTS = ["abi", "metadata", "devdoc", "userdoc", "evm.bytecode", "evm.deployedBytecode"]
OPTIONS = [
    "--compile-force-framework=solc-json",
    "--exclude-informational",
    "--exclude-optimization",
    "--filter-paths=@openzeppelin",
]


@dataclass(frozen=True, order=True)
class Finding:
    check: str
    element: str


def slither() -> Path:
    """The command, whether or not it is installed."""
    return Environment(ROOT / ".venv-slither").command("slither")


def findings() -> dict[Finding, str]:
    """What slither finds above informational, with its description.

    Raises:
        CompileFault: there is no compiler, or slither itself failed.
    """
    solc = compiler()[-1]  # the wrapper is executable by itself
    with tempfile.TemporaryDirectory() as folder:
        # slither looks the sources up under their logical names to tell lines.
        for name, text in sources(PACKAGE).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        Path(folder, "input.json").write_bytes(question())
        done = subprocess.run(
            [slither(), "input.json", *OPTIONS, f"--solc={solc}", "--json=found.json"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        report = Path(folder, "found.json")
        found: dict[str, Any] = json.loads(report.read_bytes()) if report.is_file() else {}
    if not found.get("success"):
        raise CompileFault(f"slither failed: {found.get('error') or done.stderr[-2000:]}")
    detectors = found["results"].get("detectors", [])
    return {Finding(one["check"], element(one)): one["description"] for one in detectors}


def question() -> bytes:
    """The package's standard-JSON input, asking for what slither reads."""
    asked = json.loads(standard_input(PACKAGE))
    asked["settings"]["outputSelection"] = {"*": {"*": OUTPUTS, "": ["ast"]}}
    return canonical(asked)


def element(detector: dict[str, Any]) -> str:
    """`Contract`, `Contract.variable`, `Contract.function(types)`, or that with `.variable`."""
    for named in detector["elements"]:
        if named["type"] in ("function", "variable", "contract"):
            return qualified(named)
    return ""


def qualified(named: dict[str, Any]) -> str:
    fields = named.get("type_specific_fields", {})
    name = str(fields.get("signature", named["name"]))
    is_inside = named["type"] != "contract" and "parent" in fields
    return f"{qualified(fields['parent'])}.{name}" if is_inside else name


def explained() -> set[Finding]:
    """What contracts/slither.json explains.

    Raises:
        CompileFault: an explanation does not say why.
    """
    told = json.loads(EXPLANATIONS.read_bytes())
    for one in told:
        if set(one) != {"check", "element", "why"} or not one["why"].strip():
            raise CompileFault(f"{EXPLANATIONS.name}: needs check, element and why: {one}")
    return {Finding(one["check"], one["element"]) for one in told}


def complaints() -> list[str]:
    """Findings without an explanation, explanations without a finding."""
    found, told = findings(), explained()
    used = {one if one in told else Finding(one.check, "*") for one in found}
    unexplained = [
        f"unexplained: {one.check} in {one.element}\n{found[one]}"
        for one in sorted(found)
        if not {one, Finding(one.check, "*")} & told
    ]
    stale = [f"stale: {one.check} in {one.element}" for one in sorted(told - used)]
    return unexplained + stale


def main() -> int:
    try:
        said = complaints()
    except CompileFault as fault:
        said = [str(fault)]
    print("\n".join(said) or "slither: every finding is explained", file=sys.stderr)
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
