"""Measure what each verb costs and compare it with tests/contracts/gas.json.

bench_gas.py            print each figure, with its distance from the committed one
bench_gas.py --write    commit the figures of today
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if not __package__:
    sys.path[0] = str(ROOT)  # not scripts/, whose names would hide others

from tests.contracts.gas import FILE, measure  # noqa: E402
from tests.contracts.house import House  # noqa: E402


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="bench_gas.py", description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="rewrite the committed figures")
    arguments = parser.parse_args()
    committed = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    figures = measure(House.build())
    for name, gas in figures.items():
        change = gas - committed.get(name, gas)
        print(f"{name:<45}{gas:>10,}{f'{change:+,}' if change else '':>10}")
    if arguments.write:
        FILE.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
