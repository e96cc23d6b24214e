"""The store for forms, papers and salts: found by their content's hash, encrypted at rest, erasable.

Knows neither HTTP nor RPC, neither chain nor read model.

Three files and a key, each with its own fate in a backup:

- `documents.db`: ciphertexts, openings, the log of readings; worthless without the two below.
- `keys.db`: one data key a document, wrapped by the master key. A document without its key is gone.
- `erased.log`: what was erased. It only grows, and is never replaced by an older copy of itself: it is
  applied whenever the store opens, so that an old backup brings nothing back.
- `keys/documents.key`: the master key, made at first use. Who loses it loses every document.
"""

from registry.documents.openings import Enclosure, Opening
from registry.documents.readings import Reading
from registry.documents.receipts import Taken
from registry.documents.store import Documents
from registry.documents.tombstones import Tombstone

__all__ = ["Documents", "Enclosure", "Opening", "Reading", "Taken", "Tombstone"]
