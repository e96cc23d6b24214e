"""A durable chain in one process and one file, spoken to as JSON-RPC like any other node.

Importing it imports py-evm, which takes a second or two: import it where it is needed, not at the
top of a command.
"""

from registry.embedded.node import EmbeddedChain
from registry.embedded.server import serve
from registry.embedded.wire import RpcError

__all__ = ["EmbeddedChain", "RpcError", "serve"]
