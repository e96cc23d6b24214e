"""The relay: brings received acts to the chain, each once, and says what became of them."""

from registry.relay.pace import Pace
from registry.relay.relay import Relay

__all__ = ["Pace", "Relay"]
