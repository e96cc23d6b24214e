"""Questions to the embedded chain

A call
├── needs no ether, takes input or data, and runs on any old block
├── hands a revert over as code 3 with its bytes
└── is estimated so that it succeeds, also where it looks at its own gas
Logs
├── are found by address, topic, position, alternative, range and block hash
└── are 10,000 in well under a second, and refused beyond a limit
"""

import time
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from registry.embedded import EmbeddedChain
from registry.embedded.store import Store
from registry.errors import TooLarge
from tests.registry.embedded.signer import (
    BELL,
    ECHO,
    MIRROR,
    MISER,
    OTHER,
    RUNG,
    Signer,
    initcode,
    refusal,
    word,
)


class TestCall:
    def test_needs_no_ether_and_takes_input_or_data(
        self, chain: EmbeddedChain, holder: Signer, stranger: Signer
    ) -> None:
        bell = holder.deploy(BELL)
        holder.receipt(to=bell, data=word(7))
        ask = {"from": stranger.address, "to": bell, "gas": hex(100_000), "gasPrice": hex(10**12)}
        assert chain.request("eth_call", [ask, "latest"]) == word(7)
        assert chain.request("eth_call", [{"to": bell, "input": word(1)}, "latest"]) == "0x"
        assert chain.request("eth_call", [{"to": bell}]) == word(7), "a call leaves nothing behind"
        both = {"to": bell, "input": word(1), "data": word(2)}
        assert refusal(chain, "eth_call", both, "latest").code == -32602
        paying = {"from": stranger.address, "to": bell, "value": "0x1"}
        assert "insufficient funds" in refusal(chain, "eth_call", paying, "latest").message

    def test_runs_on_any_old_block(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell = holder.deploy(BELL)
        receipts = [holder.receipt(to=bell, data=word(number)) for number in range(1, 6)]
        for number, receipt in enumerate(receipts, start=1):
            for reference in (
                receipt["blockNumber"],
                receipt["blockHash"],
                {"blockHash": receipt["blockHash"], "requireCanonical": True},
                {"blockNumber": receipt["blockNumber"]},
            ):
                assert chain.request("eth_call", [{"to": bell}, reference]) == word(number)
                assert chain.request("eth_getStorageAt", [bell, "0x0", reference]) == word(number)
                nonce = chain.request("eth_getTransactionCount", [holder.address, reference])
                assert nonce == hex(number + 1)
        assert chain.request("eth_getCode", [bell, "0x0"]) == "0x"
        assert refusal(chain, "eth_call", {"to": bell}, "0x99").message == "header not found"
        assert refusal(chain, "eth_call", {"to": bell}, OTHER).message == "header not found"

    def test_hands_a_revert_over_as_code_3_with_its_bytes(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        echo = holder.deploy(ECHO)
        for method in ("eth_call", "eth_estimateGas"):
            error = refusal(chain, method, {"to": echo, "data": "0xdeadbeef01"}, "latest")
            assert (error.code, error.message) == (3, "execution reverted")
            assert error.data == "0xdeadbeef01"
        reason = "0x08c379a0" + word(32)[2:] + word(2)[2:] + "6e6f" + "00" * 30
        error = refusal(chain, "eth_call", {"to": echo, "data": reason}, "latest")
        assert (error.message, error.data) == ("execution reverted: no", reason)
        error = refusal(chain, "eth_call", {"to": echo, "data": "0x08c379a0ff"}, "latest")
        assert (error.code, error.data) == (3, "0x08c379a0ff")

    def test_that_fails_otherwise_says_why(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell = holder.deploy(BELL)
        poor = {"to": bell, "data": word(1), "gas": hex(22_000)}
        assert "gas" in refusal(chain, "eth_call", poor, "latest").message.lower()
        assert refusal(chain, "eth_call", {"data": "0xfe"}, "latest").code == -32000

    def test_is_estimated_so_that_it_succeeds(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell, miser, mirror = (holder.deploy(code) for code in (BELL, MISER, MIRROR))
        for target, data in ((bell, word(1)), (bell, word(2)), (miser, "0x"), (OTHER[:42], "0x")):
            ask = {"from": holder.address, "to": target, "data": data}
            gas = int(chain.request("eth_estimateGas", [ask]), 16)
            receipt = holder.receipt(to=target, data=data, gas=gas)
            assert receipt["status"] == "0x1"
        ask = {"from": holder.address, "data": initcode(BELL)}
        gas = int(chain.request("eth_estimateGas", [ask]), 16)
        assert holder.receipt(to=None, data=initcode(BELL), gas=gas)["status"] == "0x1"
        needs = int(chain.request("eth_estimateGas", [{"to": miser}]), 16)
        assert 321_000 <= needs <= 321_100 * 1.016
        assert int(chain.request("eth_estimateGas", [{"to": mirror}]), 16) <= 60_000_000

    def test_finds_the_hashes_of_earlier_blocks(self, chain: EmbeddedChain, holder: Signer) -> None:
        # BLOCKHASH of the number in the calldata, returned.
        oracle = holder.deploy(bytes.fromhex("6000354060005260206000f3"))
        for _ in range(3):
            chain.request("evm_mine")
        head = int(chain.request("eth_blockNumber"), 16)
        for number in range(head):
            ask = {"to": oracle, "data": word(number)}
            block = chain.request("eth_getBlockByNumber", [hex(number)])
            assert chain.request("eth_call", [ask, "latest"]) == block["hash"]
        ask = {"to": oracle, "data": word(head)}
        assert chain.request("eth_call", [ask, "latest"]) == word(0)


class TestLogs:
    def test_are_found_by_address_topic_range_and_block(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        one, two = holder.deploy(BELL), holder.deploy(BELL)
        rung = [holder.receipt(to=(one, two)[n % 2], data=word(n)) for n in range(6)]
        logs = [receipt["logs"][0] for receipt in rung]

        def found(**wanted: Any) -> list[Any]:
            answer: list[Any] = chain.request(
                "eth_getLogs", [{"fromBlock": "earliest", "toBlock": "latest", **wanted}]
            )
            return answer

        assert found() == logs
        assert found(address=one) == logs[0::2]
        assert found(address=Web3.to_checksum_address(one)) == logs[0::2]
        assert found(address=[one, two]) == logs
        assert found(address=[]) == logs
        assert found(topics=[]) == logs
        assert found(topics=[RUNG]) == logs
        assert found(topics=[OTHER]) == []
        assert found(topics=[[OTHER, RUNG]]) == logs
        assert found(topics=[None, word(3)]) == [logs[3]]
        assert found(topics=[None, [word(3), word(4)]]) == logs[3:5]
        assert found(address=two, topics=[RUNG, [word(3), word(4)]]) == [logs[3]]
        assert found(topics=[None, None, None]) == []
        assert found(fromBlock=rung[2]["blockNumber"], toBlock=rung[3]["blockNumber"]) == logs[2:4]
        assert found(fromBlock="latest") == logs[5:]
        assert found(fromBlock=hex(1000)) == []
        by_hash = [{"blockHash": rung[4]["blockHash"]}]
        assert chain.request("eth_getLogs", by_hash) == [logs[4]]
        genesis = chain.request("eth_getBlockByNumber", ["0x0"])["hash"]
        assert chain.request("eth_getLogs", [{"blockHash": genesis}]) == []

    def test_are_refused_for_filters_that_make_no_sense(self, chain: EmbeddedChain) -> None:
        assert refusal(chain, "eth_getLogs", {"blockHash": OTHER}).message == "unknown block"
        backwards = {"fromBlock": "0x2", "toBlock": "0x1"}
        assert refusal(chain, "eth_getLogs", backwards).message == "invalid block range params"
        senseless: list[Any] = [
            {"blockHash": OTHER, "fromBlock": "0x0"},
            {"address": "0x12"},
            {"topics": ["0x12"]},
            {"topics": [None] * 5},
            {"topics": "0x"},
            {"fromBlock": "yesterday"},
            [],
        ]
        for wanted in senseless:
            assert refusal(chain, "eth_getLogs", wanted).code == -32602

    def test_are_ten_thousand_in_well_under_a_second(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        # LOG0 a hundred times in a loop: counter at 0, JUMPDEST at 2.
        loop = bytes.fromhex("60645b60006000a060019003806002570000")
        holder.send(to=None, data=initcode(loop))
        patient.request("evm_mine")
        many = patient.request("eth_getBlockReceipts", ["latest"])[0]["contractAddress"]
        for nonce in range(1, 101):
            holder.send(nonce=nonce, to=many)
        for _ in range(20):
            if holder.nonce() == 101:
                break
            patient.request("evm_mine")
        began = time.perf_counter()
        logs = patient.request("eth_getLogs", [{"fromBlock": "0x0", "address": many}])
        took = time.perf_counter() - began
        assert len(logs) == 10_000
        # A quadratic look-up takes minutes; this is no benchmark.
        assert took < 5
        (one,) = {log["blockNumber"] for log in logs[-100:]}
        assert [int(log["logIndex"], 16) for log in logs if log["blockNumber"] == one][:3] == [
            0,
            1,
            2,
        ]

    def test_are_refused_beyond_a_limit(
        self, path: Path, chain: EmbeddedChain, holder: Signer
    ) -> None:
        bell = holder.deploy(BELL)
        for number in range(3):
            holder.send(to=bell, data=word(number))
        store = Store(path)
        assert len(store.logs(0, 9, limit=3)) == 3
        with pytest.raises(TooLarge, match="more than 2 results"):
            store.logs(0, 9, limit=2)
        store.close()
