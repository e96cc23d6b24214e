"""Being killed: every acknowledged receipt is there after each of five kill -9"""

import os
import random
import subprocess
import sys
from pathlib import Path

from eth_account.signers.local import LocalAccount

from registry.embedded import EmbeddedChain
from tests.machine import ROOT
from tests.registry.embedded.signer import BELL, ETHER, Signer, word

KILLED = """
import sys
from registry.embedded import EmbeddedChain

chain = EmbeddedChain.open(sys.argv[1], interval=0)
for raw in sys.stdin:
    digest = chain.request("eth_sendRawTransaction", [raw.strip()])
    assert chain.request("eth_getTransactionReceipt", [digest])["status"] == "0x1"
    print(digest, flush=True)
"""


class TestBeingKilled:
    def test_loses_no_acknowledged_receipt_in_five_kills(
        self, path: Path, holder_account: LocalAccount
    ) -> None:
        funded: dict[str, int] = {holder_account.address: ETHER}
        with EmbeddedChain.open(path, funded=funded, interval=0) as chain:
            signer = Signer(chain, holder_account)
            bell = signer.deploy(BELL)
            raws = [signer.sign(to=bell, data=word(n), nonce=n) for n in range(1, 1500)]
        acknowledged: list[str] = []
        mined = 0
        chance = random.Random(0)
        for _ in range(5):
            acknowledged += _killed(path, raws[mined:], after=chance.randint(1, 40))
            with EmbeddedChain.open(path, interval=0) as chain:
                for digest in acknowledged:
                    receipt = chain.request("eth_getTransactionReceipt", [digest])
                    assert receipt["status"] == "0x1"
                    assert len(receipt["logs"]) == 1
                mined = Signer(chain, holder_account).nonce() - 1
                # One more may be mined whose acknowledgement never left the process.
                assert len(acknowledged) <= mined <= len(acknowledged) + 5
                logs = chain.request("eth_getLogs", [{"fromBlock": "0x0"}])
                assert [int(log["data"], 16) for log in logs] == list(range(1, mined + 1))
                assert int(chain.request("eth_call", [{"to": bell}]), 16) == mined
        assert len(acknowledged) > 5


def _killed(path: Path, raws: list[str], *, after: int) -> list[str]:
    """Feed a process raw transactions, kill it after so many answers, return all it answered."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    # As many as the pipe holds without blocking us.
    process.stdin.write("\n".join(raws[:150]) + "\n")
    process.stdin.flush()
    answers = [process.stdout.readline() for _ in range(after)]
    process.kill()
    answers += process.stdout.readlines()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    # The last line may have been cut in two.
    return [line.strip() for line in answers if line.endswith("\n")]
