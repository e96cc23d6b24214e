"""That a receipt stands in a block: its block's trie of receipts rebuilt, and the way through it."""

from typing import Any, cast

import rlp  # type: ignore[import-untyped]
from trie.hexary import HexaryTrie

from registry.chain import BlockHeader, Chain
from registry.errors import Unavailable
from registry.hashes import from_hex, to_hex


class ReceiptTrie:
    """All receipts of one block; the root was compared with the header's."""

    def __init__(self, chain: Chain, block: BlockHeader) -> None:
        """Raises: Unavailable when the receipts that the node gives do not make the header's root."""
        found = chain.receipts(block)
        self.places = {each["transactionHash"]: place for place, each in enumerate(found)}
        self._trie = cast(Any, HexaryTrie({}))  # its methods bear no types
        for place, each in enumerate(found):
            self._trie.set(cast(bytes, rlp.encode(place)), encoded(each))
        root = to_hex(self._trie.root_hash)
        if root != block.raw["receiptsRoot"]:
            raise Unavailable(
                f"the receipts of block {block.number} make the root {root}, "
                f"its header says {block.raw['receiptsRoot']}"
            )

    def proof(self, place: int) -> list[str]:
        """The nodes from the root to the receipt, each by its RLP."""
        nodes = self._trie.get_proof(cast(bytes, rlp.encode(place)))
        return [to_hex(cast(bytes, rlp.encode(node))) for node in nodes]


def encoded(receipt: dict[str, Any]) -> bytes:
    """A receipt as the trie holds it (EIP-2718: its type, then the RLP; an untyped one has no type)."""
    logs = [
        [
            from_hex(log["address"]),
            [from_hex(topic) for topic in log["topics"]],
            from_hex(log["data"]),
        ]
        for log in receipt["logs"]
    ]
    body = rlp.encode(
        [
            int(receipt["status"], 16),
            int(receipt["cumulativeGasUsed"], 16),
            from_hex(receipt["logsBloom"]),
            logs,
        ]
    )
    kind = int(receipt.get("type", "0x0"), 16)
    return (bytes([kind]) if kind else b"") + cast(bytes, body)
