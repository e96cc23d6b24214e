"""The embedded chain in a process of its own

- answers JSON-RPC at the URL it says, and keeps its blocks from one run to the next
- takes another interval while it runs
- ends with whoever started it
    ├── when they are done
    └── when they are killed, and can then be opened again at once
- what keeps it from starting is said in the starter's words
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from registry import own_chain
from registry.chain import Chain
from registry.errors import Mismatch, Unavailable
from registry.keys import Key
from registry.transactions import Transaction

STARTER = """
import sys, time
from pathlib import Path
from registry import own_chain
with own_chain.running(Path(sys.argv[1]), funded={}, interval=1.0) as chain:
    print(chain.url, flush=True)
    time.sleep(600)
"""


def pay_nobody(chain: Chain, key: Key) -> str:
    """A transaction that moves nothing; its hash."""
    sent = Transaction(
        chain_id=chain.chain_id(),
        nonce=chain.nonce(key.address, "pending"),
        tip=0,
        fee=100,
        gas=30_000,
        to=key.address,
        data=b"",
    )
    return chain.send(sent.sign(key.secret))


def mined(chain: Chain, transaction: str) -> int:
    """The block of a transaction, once it is in one."""
    deadline = time.monotonic() + 20
    while (receipt := chain.receipt(transaction)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(receipt["blockNumber"], 16)


def test_keeps_its_blocks_from_one_run_to_the_next(tmp_path: Path) -> None:
    key = Key.fresh()
    funded = {key.address: 10**20}
    with own_chain.running(tmp_path / "chain.db", funded=funded, interval=0.01) as own:
        chain = Chain(own.url)
        chain_id = chain.chain_id()
        transaction = pay_nobody(chain, key)
        block = mined(chain, transaction)
    with own_chain.running(tmp_path / "chain.db", funded={}, interval=0.01) as own:
        again = Chain(own.url)
        assert again.chain_id() == chain_id
        assert mined(again, transaction) == block
    with pytest.raises(Unavailable):
        again.head()


def test_takes_another_interval_while_it_runs(tmp_path: Path) -> None:
    key = Key.fresh()
    funded = {key.address: 10**20}
    with own_chain.running(tmp_path / "chain.db", funded=funded, interval=0.01) as own:
        chain = Chain(own.url)
        own.set_interval(3.0)
        blocks = [mined(chain, pay_nobody(chain, key)) for _ in range(3)]
        times = [chain.blocks(number, number)[0].time for number in blocks]
        assert times[2] - times[1] >= 3


def test_ends_when_its_starter_is_killed_and_opens_again_at_once(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    url = starter.stdout.readline().strip()
    chain_id = Chain(url).chain_id()
    starter.kill()
    starter.wait()
    starter.stdout.close()
    with own_chain.running(path, funded={}, interval=1.0) as own:
        assert Chain(own.url).chain_id() == chain_id
        with pytest.raises(Unavailable):
            Chain(url).chain_id()


def test_a_file_of_another_kind_is_refused_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "chain.db").write_text(json.dumps({"no": "chain"}) * 100)
    with (
        pytest.raises(Mismatch, match="another kind"),
        own_chain.running(tmp_path / "chain.db", funded={}, interval=1.0),
    ):
        pytest.fail("it was opened")
