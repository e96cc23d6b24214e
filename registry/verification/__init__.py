"""Checks a certificate's bundle offline, claim by claim; docs/verification.md says it in words.

Stands alone: it needs Keccak-256, secp256k1, RFC 8785 and the standard library, and nothing else of
this package. To read in this order: `claims` (the numbered steps), `proofs` and `judgements` (how each
is checked), `case` and `evidence` (how a bundle is read), `shapes` (what things look like).
"""

from registry.verification.command import main
from registry.verification.report import Claim, Report, verify

__all__ = ["Claim", "Report", "main", "verify"]
