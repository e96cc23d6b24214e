"""The fingerprint of a file or a folder: a tree over chunks of 1 MiB, hashed as in RFC 9162.

Runs on the holder's machine and keeps no data. Knows neither HTTP nor RPC.

A file's leaves are H(0x00 || chunk), so that any chunk can later be proven to belong to it; an empty
file has the hash of nothing. A folder's leaves are H(0x02 || file root || size as 8 bytes, big-endian
|| path as UTF-8), in the byte order of the paths; a path is its names in NFC, joined by "/". Nodes
are H(0x01 || left || right). The prefix 0x02 keeps a file that spells out a folder's entries from
having that folder's root.

Hidden files count; empty folders, names of single files, times and modes leave no trace. Links,
special files and names that become equal in NFC are refused, and so is what changes while it is read.
"""

from registry.fingerprint.chunks import CHUNK
from registry.fingerprint.proofs import ChunkProof, Inclusion, prove
from registry.fingerprint.roots import FileEntry, Fingerprint, Kind, fingerprint, verify

__all__ = [
    "CHUNK",
    "ChunkProof",
    "FileEntry",
    "Fingerprint",
    "Inclusion",
    "Kind",
    "fingerprint",
    "prove",
    "verify",
]
