"""What a registrar that leaves hands to its successor (guide art. 13), and what proves that it is all.

A folder: `facts.ndjson`, all that the contracts said, from which heads, records and clocks follow;
`documents/` and `openings/`, sealed under a key that travels apart; `manifest.json`, whose hash goes
on the chain with the hand-over. Whoever has the folder can show that nothing was left out; whoever has
the key, too, that nothing is unreadable.
"""

from registry.handover.checking import Claim, check, is_complete
from registry.handover.taking import take
from registry.handover.writing import write

__all__ = ["Claim", "check", "is_complete", "take", "write"]
