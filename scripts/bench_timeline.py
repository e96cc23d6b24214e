"""Measure how long the whole life of a right takes to tell, among a million registrations.

    bench_timeline.py [--number REGISTRATIONS]

Every registration is attested; every hundredth right was objected to, amended, remarked, freed, disputed and
renewed, and those are asked for. The facts are made up, what is derived from them is derived by the registry's own
statements. Prints one JSON object; milliseconds are of the machine at hand.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from registry.database import open_read_model  # noqa: E402
from registry.facts import DERIVED, ActSigned, Fact, ReadModel  # noqa: E402
from registry.hashes import from_hex, to_hex  # noqa: E402
from registry.objections import facts as objections  # noqa: E402
from registry.registrations import facts as registrations  # noqa: E402
from registry.rights import facts as rights  # noqa: E402
from registry.rights.questions import id_of  # noqa: E402
from registry.rules.profiles import Kind  # noqa: E402
from registry.timeline import timeline  # noqa: E402

BEGAN = 1_790_000_000
YEAR = 365 * 86400
WHOLE_LIFE_EVERY = 100
REGISTRATIONS_A_BLOCK = 1000
ASKED = 500


class Ledger:
    """Facts of made-up lives, written block by block as the indexer writes them."""

    def __init__(self) -> None:
        self.rows: dict[type[Fact], list[tuple[Any, ...]]] = defaultdict(list)
        self.ordinals: dict[str, int] = defaultdict(int)
        self.block = self.position = 0

    def say(self, fact: type[Fact], **members: Any) -> None:
        contract = fact.contracts[0]
        self.ordinals[contract] += 1
        self.position += 1
        given = [members[name] for name in fact.members]
        place = (self.block, self.position, contract, self.ordinals[contract], os.urandom(32))
        self.rows[fact].append((*place, *given))

    def act(self, fact: type[Fact], **members: Any) -> None:
        act = os.urandom(32)
        self.say(ActSigned, act=act, signer=os.urandom(20))
        self.say(fact, act=act, **members)

    def filed(self, kind: Kind, holder: bytes, subject: bytes | None = None) -> bytes:
        """A registration, accepted; published too, but for an amendment."""
        id = os.urandom(32)
        self.say(
            registrations.RegistrationFiled,
            registration=id,
            data=os.urandom(32),
            registrar=990,
            profile=9001,
            kind=int(kind),
            applicants=1,
            party=holder,
            rights=7,
            deadline=BEGAN + YEAR,
        )
        if subject is not None:
            self.say(registrations.SubjectNamed, registration=id, subject=subject)
        self.act(registrations.RegistrationAccepted, registration=id, step=2)
        if kind is not Kind.AMENDMENT:
            self.act(
                registrations.RegistrationPublished,
                registration=id,
                step=3,
                until=BEGAN,
                receipt=bytes(32),
                effective=0,
            )
        return id

    def attested(self, id: bytes, step: int) -> None:
        self.act(
            registrations.RegistrationAttested,
            registration=id,
            step=step,
            code=os.urandom(15),
            since=BEGAN,
            expiry=BEGAN + YEAR,
            receipt=bytes(32),
            effective=0,
        )

    def life(self, *, is_whole: bool) -> bytes:
        """A right from its filing on; its id."""
        holder, objector = os.urandom(32), os.urandom(32)
        id = self.filed(Kind.INITIAL, holder)
        if is_whole:
            said = {"registration": id, "objector": objector, "serial": 0}
            self.act(registrations.ObjectionMade, step=4, grounds=os.urandom(32), **said)
            said |= {"outcome": 1, "decision": os.urandom(32)}
            self.act(registrations.ObjectionResolved, step=5, **said)
        self.attested(id, 6 if is_whole else 4)
        right = from_hex(id_of(to_hex(id), to_hex(holder)))
        self.say(
            rights.RightAttested,
            right=right,
            registration=id,
            holder=holder,
            rights=7,
            since=BEGAN,
            expiry=BEGAN + YEAR,
        )
        if is_whole:
            self.what_became_of(id, right, holder, objector)
        return right

    def what_became_of(self, id: bytes, right: bytes, holder: bytes, objector: bytes) -> None:
        amendment = self.filed(Kind.AMENDMENT, holder, id)
        self.attested(amendment, 3)
        self.say(rights.RightAmended, right=right, registration=amendment, step=1, rights=7)
        limit = {"kind": 2, "instrument": os.urandom(32), "rights": 1, "acts": 4, "until": BEGAN}
        self.act(rights.RightRemarked, right=right, step=2, serial=0, **limit)
        self.act(rights.RemarkLifted, right=right, step=3, serial=0, instrument=os.urandom(32))
        objection = os.urandom(32)
        self.say(
            objections.ObjectionFiled,
            objection=objection,
            objector=objector,
            registration=id,
            registrar=990,
            grounds=os.urandom(32),
            deadline=BEGAN,
        )
        self.act(objections.ObjectionDropped, objection=objection, step=2, reached=12)
        renewal = self.filed(Kind.RENEWAL, holder, id)
        self.say(rights.RenewalAnnounced, right=right, registration=renewal, step=3, rights=7)
        self.attested(renewal, 4)
        said = {"right": right, "registration": renewal, "step": 4, "rights": 7}
        self.say(rights.RightRenewed, expiry=BEGAN + 2 * YEAR, **said)

    def write(self, connection: sqlite3.Connection) -> int:
        """Writes the block and begins another; how many facts it had."""
        block = (self.block, os.urandom(32), os.urandom(32), BEGAN + self.block)
        connection.execute("INSERT INTO block VALUES (?,?,?,?)", block)
        for fact, rows in self.rows.items():
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {fact.__tablename__} VALUES ({marks})", rows)
        written = sum(map(len, self.rows.values()))
        self.rows.clear()
        self.block, self.position = self.block + 1, 0
        return written


def made_up(path: Path, number: int) -> tuple[list[bytes], int]:
    """The rights that lived a whole life, and how many facts there are."""
    ledger, whole, facts = Ledger(), [], 0
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for count in range(number):
            right = ledger.life(is_whole=count % WHOLE_LIFE_EVERY == 0)
            if count % WHOLE_LIFE_EVERY == 0:
                whole.append(right)
            if count % REGISTRATIONS_A_BLOCK == REGISTRATIONS_A_BLOCK - 1:
                facts += ledger.write(connection)
        facts += ledger.write(connection)
        connection.execute("INSERT INTO final VALUES (?)", (ledger.block,))
    return whole, facts


def derive(engine: Engine, blocks: int) -> None:
    for first in range(0, blocks, 100):
        with engine.begin() as connection:
            for statement in DERIVED:
                connection.execute(statement, {"first": first, "last": first + 99})


def measured(engine: Engine, whole: list[bytes]) -> dict[str, Any]:
    spent, steps = [], set()
    for right in random.sample(whole, min(ASKED, len(whole))):
        start = time.perf_counter()
        with engine.connect() as connection:
            found = timeline(connection, to_hex(right))
        spent.append(1000 * (time.perf_counter() - start))
        steps.add(len(found))
    return {
        "asked": len(spent),
        "steps": sorted(steps),
        "milliseconds_median": round(median(spent), 2),
        "milliseconds_p99": round(quantiles(spent, n=100)[98], 2),
        "milliseconds_most": round(max(spent), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--number", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "read.db"
        engine = open_read_model(path)
        ReadModel.metadata.create_all(engine)
        whole, facts = made_up(path, chosen.number)
        derive(engine, chosen.number // REGISTRATIONS_A_BLOCK + 1)
        found = {"registrations": chosen.number, "facts": facts, **measured(engine, whole)}
        engine.dispose()
    print(json.dumps({"mark": "timeline", **found}))


if __name__ == "__main__":
    main()
