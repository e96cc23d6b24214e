"""What a Python user imports: fingerprint here, sign here, send there, wait, read.

Your keys and your data stay with you; what leaves this machine is the form, the fingerprint and a
signature. Speaks HTTP to a registry and to nothing else.
"""

from registry.client.calling import Pending
from registry.client.client import Client
from registry.client.objecting import Objections
from registry.client.receipts import Receipt

__all__ = ["Client", "Objections", "Pending", "Receipt"]
