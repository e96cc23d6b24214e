"""A transaction on its way into the embedded chain

├── is mined with a receipt, a log and a moved state
├── is found while it waits, and waits for the nonces before it
├── is refused in the usual words: known, nonce too low, no funds, wrong chain, malleable, too large
├── is replaced by one that pays more, and is dropped when it can no longer pay
└── may create, revert, carry set-code authorisations, and call itself as deep as gas allows
"""

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_account.signers.local import LocalAccount

from registry.embedded import EmbeddedChain
from tests.registry.embedded.signer import (
    BELL,
    ECHO,
    ETHER,
    MIRROR,
    RUNG,
    WATCH,
    Signer,
    integer,
    refusal,
    word,
)

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class TestTransaction:
    def test_is_mined_with_receipt_log_and_state(self, holder: Signer) -> None:
        chain = holder.chain
        bell = holder.deploy(BELL)
        receipt = holder.receipt(to=bell, data=word(42))
        assert receipt["status"] == "0x1"
        assert receipt["from"] == holder.address.lower()
        assert receipt["to"] == bell
        assert receipt["type"] == "0x2"
        assert receipt["effectiveGasPrice"] == "0x7"
        assert receipt["contractAddress"] is None
        (log,) = receipt["logs"]
        assert (log["address"], log["topics"], log["data"]) == (bell, [RUNG, word(42)], word(42))
        for field in ("blockHash", "blockNumber", "transactionHash", "transactionIndex"):
            assert log[field] == receipt[field]
        assert int(receipt["logsBloom"], 16).bit_count() in range(4, 10)
        assert chain.request("eth_call", [{"to": bell}, "latest"]) == word(42)
        assert chain.request("eth_getStorageAt", [bell, "0x0", "latest"]) == word(42)
        assert chain.request("eth_getCode", [bell, "latest"]) == "0x" + BELL.hex()

    def test_is_found_while_it_waits_and_after(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        digest = holder.send(value=5)
        waiting = patient.request("eth_getTransactionByHash", [digest])
        assert waiting["blockHash"] is waiting["blockNumber"] is waiting["transactionIndex"] is None
        assert patient.request("eth_getTransactionReceipt", [digest]) is None
        assert patient.request("eth_getBlockByNumber", ["pending"])["transactions"] == [digest]
        patient.request("evm_mine")
        mined = patient.request("eth_getTransactionByHash", [digest])
        assert mined["blockNumber"] == "0x1"
        assert mined["transactionIndex"] == "0x0"
        assert mined["value"] == "0x5"
        assert mined["chainId"] == hex(patient.chain_id)
        unchanged = ("hash", "from", "to", "nonce", "gas", "v", "r", "s", "yParity", "type")
        assert all(mined[field] == waiting[field] for field in unchanged)

    def test_waits_for_the_nonces_before_it(self, patient: EmbeddedChain, holder: Signer) -> None:
        last, first = holder.send(nonce=2), holder.send(nonce=0)
        assert (holder.nonce(), holder.nonce("pending")) == (0, 1)
        patient.request("evm_mine")
        assert patient.request("eth_getTransactionReceipt", [first])["status"] == "0x1"
        assert patient.request("eth_getTransactionReceipt", [last]) is None
        middle = holder.send(nonce=1)
        assert (holder.nonce(), holder.nonce("pending")) == (1, 3)
        patient.request("evm_mine")
        block = patient.request("eth_getBlockByNumber", ["latest"])
        assert block["transactions"] == [middle, last]
        assert (holder.nonce(), holder.nonce("pending")) == (3, 3)

    def test_is_refused_in_the_usual_words(self, patient: EmbeddedChain, holder: Signer) -> None:
        def words(raw: str) -> str:
            error = refusal(patient, "eth_sendRawTransaction", raw)
            assert error.code == -32000
            return error.message

        raw = holder.sign(nonce=0)
        patient.request("eth_sendRawTransaction", [raw])
        assert words(raw) == "already known"
        patient.request("evm_mine")
        assert words(raw) == "nonce too low: next nonce 1, tx nonce 0"
        assert words(holder.sign(value=1001 * ETHER)).startswith(
            "insufficient funds for gas * price + value: balance "
        )
        assert words(holder.sign(chainId=1)).startswith("invalid sender: invalid chain id")
        assert words(holder.sign(gas=20_999)).startswith("intrinsic gas too low")
        # EIP-7623: 21,000 + 40 for each byte that is not zero.
        assert words(holder.sign(gas=24_999, data="0x" + "ff" * 100)).endswith("needed 25000")
        assert words(holder.sign(gas=60_000_001)) == "exceeds block gas limit"
        assert words(holder.sign(maxPriorityFeePerGas=1001)).startswith("max priority fee")
        assert words(holder.sign(data="0x" + "00" * 131_072)).startswith("oversized data")
        for nonsense in ("0x", "0x00", "0x02", "0x02c0", "0xc0", "0xff", "0x7f", "0x" + "c1" * 99):
            assert words(nonsense).startswith("not a valid transaction")
        assert words("0x03" + raw[4:]) == "transaction type not supported"
        assert holder.nonce("pending") == 1

    def test_is_refused_with_a_malleable_or_broken_signature(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        parts = rlp.decode(bytes.fromhex(holder.sign()[4:]))
        parity, s = int.from_bytes(parts[-3]), int.from_bytes(parts[-1])
        for other_parity, other_s in ((1 - parity, SECP256K1_N - s), (parity, 0), (5, s)):
            changed = [*parts[:-3], integer(other_parity), parts[-2], integer(other_s)]
            raw = "0x02" + rlp.encode(changed).hex()
            message = refusal(patient, "eth_sendRawTransaction", raw).message
            assert message == "invalid sender: invalid transaction v, r, s values"

    def test_is_refused_unprotected(self, patient: EmbeddedChain, holder: Signer) -> None:
        raw = holder.sign(
            chainId=None, maxFeePerGas=None, maxPriorityFeePerGas=None, gasPrice=1000, nonce=0
        )
        assert "replay-protected" in refusal(patient, "eth_sendRawTransaction", raw).message

    def test_is_replaced_only_by_one_that_pays_a_tenth_more(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        first = holder.send(nonce=0, maxFeePerGas=100, maxPriorityFeePerGas=10)
        cheap = holder.sign(nonce=0, maxFeePerGas=109, maxPriorityFeePerGas=11)
        message = refusal(patient, "eth_sendRawTransaction", cheap).message
        assert message == "replacement transaction underpriced"
        second = holder.send(nonce=0, maxFeePerGas=110, maxPriorityFeePerGas=11)
        assert patient.request("eth_getTransactionByHash", [first]) is None
        patient.request("evm_mine")
        receipt = patient.request("eth_getTransactionReceipt", [second])
        assert receipt["effectiveGasPrice"] == hex(7 + 11)

    def test_is_dropped_when_it_can_no_longer_pay_and_the_rest_stands(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        poor = Signer(patient, Account.create())
        holder.send(to=poor.address, value=ETHER)
        patient.request("evm_mine")
        first = poor.send(nonce=0, value=ETHER // 2)
        second = poor.send(nonce=1, value=ETHER * 2 // 3)
        third = poor.send(nonce=2)
        neighbour = holder.send()
        patient.request("evm_mine")
        mined = patient.request("eth_getBlockByNumber", ["latest"])["transactions"]
        assert mined == [first, neighbour]
        assert patient.request("eth_getTransactionReceipt", [first])["status"] == "0x1"
        assert patient.request("eth_getTransactionByHash", [second]) is None
        assert patient.request("eth_getTransactionByHash", [third])["blockHash"] is None
        refused = refusal(patient, "eth_sendRawTransaction", poor.sign(nonce=1, value=ETHER))
        assert refused.message.startswith("insufficient funds")

    def test_that_reverts_is_mined_and_costs(self, holder: Signer) -> None:
        echo = holder.deploy(ECHO)
        receipt = holder.receipt(to=echo, data="0xdeadbeef")
        assert receipt["status"] == "0x0"
        assert receipt["logs"] == []
        assert int(receipt["gasUsed"], 16) > 21_000

    def test_with_authorisations_gives_an_account_code(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        watch = holder.deploy(WATCH)
        other: LocalAccount = Account.create()
        granted = other.sign_authorization(
            {"chainId": chain.chain_id, "address": watch, "nonce": 0}
        )
        receipt = holder.receipt(to=other.address, authorizationList=[granted])
        assert (receipt["status"], receipt["type"]) == ("0x1", "0x4")
        code = chain.request("eth_getCode", [other.address, "latest"])
        assert code == "0xef0100" + watch[2:]
        mined = chain.request("eth_getTransactionByHash", [receipt["transactionHash"]])
        assert mined["authorizationList"][0]["address"] == watch

    def test_may_call_itself_as_deep_as_gas_allows(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        mirror = holder.deploy(MIRROR)
        assert holder.receipt(to=mirror, gas=30_000_000)["status"] == "0x1"
        assert chain.request("eth_call", [{"to": mirror}, "latest"]) == "0x"
