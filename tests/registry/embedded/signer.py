"""Who signs for the embedded chain, and small contracts to sign to."""

import time
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import Web3

from registry.embedded import EmbeddedChain, RpcError

ETHER = 10**18


RUNG = "0x" + keccak(text="Rung(uint256)").hex()


OTHER = "0x" + "ee" * 32


def initcode(runtime: bytes) -> str:
    """Creation code that leaves `runtime` behind."""
    size = len(runtime).to_bytes(2).hex()
    return f"0x61{size}600f60003961{size}6000f300" + runtime.hex()


# Returns slot 0 when called without data; else keeps the first word there and logs it.
BELL = bytes.fromhex(
    "36600f5760005460005260206000f35b60003580600055806000527f" + RUNG[2:] + "60206000a200"
)


# Reverts with its calldata.
ECHO = bytes.fromhex("366000600037366000fd")


# Returns the block's time and number.
WATCH = bytes.fromhex("426000524360205260406000f3")


# Reverts unless more than 300,000 gas is left.
MISER = bytes.fromhex("620493e05a11600e5760006000fd5b00")


# Calls itself with all the gas that it may pass on.
MIRROR = bytes.fromhex("60006000600060006000305af100")


class Signer:
    """An account with ether and its own count of nonces."""

    def __init__(self, chain: EmbeddedChain, account: LocalAccount) -> None:
        self.chain = chain
        self.account = account
        self.address: str = account.address

    def sign(self, **fields: Any) -> str:
        """A raw transaction; the nonce is the next pending one unless it is given."""
        transaction = {
            "chainId": self.chain.chain_id,
            "gas": 1_000_000,
            "maxFeePerGas": 1_000,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "to": "0x" + "11" * 20,
            **fields,
        }
        if transaction["to"] is not None:
            transaction["to"] = Web3.to_checksum_address(transaction["to"])
        if "nonce" not in transaction:
            transaction["nonce"] = self.nonce("pending")
        # A creation has no `to`, a plain transaction none of the later fees.
        present = {name: value for name, value in transaction.items() if value is not None}
        raw: str = self.account.sign_transaction(present).raw_transaction.to_0x_hex()
        return raw

    def nonce(self, tag: str = "latest") -> int:
        return int(self.chain.request("eth_getTransactionCount", [self.address, tag]), 16)

    def send(self, **fields: Any) -> str:
        digest: str = self.chain.request("eth_sendRawTransaction", [self.sign(**fields)])
        return digest

    def receipt(self, **fields: Any) -> Any:
        return self.chain.request("eth_getTransactionReceipt", [self.send(**fields)])

    def deploy(self, runtime: bytes) -> str:
        receipt = self.receipt(to=None, data=initcode(runtime))
        assert receipt["status"] == "0x1"
        address: str = receipt["contractAddress"]
        return address


def word(number: int) -> str:
    return "0x" + number.to_bytes(32).hex()


def awaited(chain: EmbeddedChain, digest: str) -> Any:
    """The receipt, as soon as there is one."""
    stop = time.monotonic() + 20
    while time.monotonic() < stop:
        if receipt := chain.request("eth_getTransactionReceipt", [digest]):
            return receipt
        time.sleep(0.005)
    raise AssertionError(f"{digest} was not mined within 20 s")


def refusal(chain: EmbeddedChain, method: str, *params: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        chain.request(method, list(params))
    return caught.value


def integer(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
