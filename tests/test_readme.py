"""The README

- its two commands are there
- its snippets run, in their order, against a running registry, and the certificate they end with verifies
- its table of settings names every setting
- every path in its layout exists
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from registry.settings import Settings
from registry.up import Running
from scripts.dev import VERBS
from tests.machine import ROOT, lacking

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
URL = "http://127.0.0.1:8000"


def test_its_two_commands_are_those_of_the_script() -> None:
    language, first = BLOCKS[0]
    verbs = re.findall(r"^python3 scripts/dev\.py (\w+)", first, re.MULTILINE)
    assert language == "sh"
    assert verbs == ["run", "test"]
    assert set(verbs) <= set(VERBS)


def test_its_snippets_run_in_their_order(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("curl") is None:
        lacking("curl: not in PATH")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/form.json", tmp_path / "docs/form.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA", str(running.settings.data))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    names: dict[str, object] = {}
    said = ""
    for language, text in BLOCKS[1:]:
        code = text.replace(URL, running.url)
        if language == "python":
            exec(compile(code, "README.md", "exec"), names)
            continue
        done = subprocess.run(["sh", "-e"], input=code, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        said += done.stdout
    assert str(names["code"]) in said
    assert "The local file is the data that was registered. — ESTABLISHED" in said
    assert "art. 21(4)" in said
    assert "no difference" in said


def test_its_settings_are_all_of_them() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z_]+)`", table)) - {"REGISTRY_"}
    assert {name.upper() for name in Settings.model_fields} <= named
    assert named - {"SANDBOX"} <= {name.upper() for name in Settings.model_fields}


def test_every_place_of_its_layout_exists() -> None:
    table = README.partition("## Layout")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        for place in re.findall(r"`([^`]+)`", row):
            found = [ROOT / place, ROOT / "registry" / place, ROOT / "registry" / f"{place}.py"]
            assert any(each.exists() for each in found), place
