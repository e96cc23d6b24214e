"""What opens the commitment of a filing, and which papers came with the acts upon it."""

import json
from dataclasses import dataclass

from registry.hashes import canonical


@dataclass(frozen=True)
class Opening:
    """`data` is the commitment on the chain; salt, fingerprint, form (its content hash) and parties open it.

    `documents` are those that its form names and that were shown to be its filer's.
    """

    registration: str
    data: str
    salt: str
    fingerprint_root: str
    form: str
    parties: tuple[str, ...]
    documents: tuple[str, ...] = ()

    def encode(self) -> bytes:
        return canonical(vars(self))

    @staticmethod
    def decode(data: bytes) -> "Opening":
        value = json.loads(data)
        lists = {name: tuple(value[name]) for name in ("parties", "documents")}
        return Opening(**{**value, **lists})


@dataclass(frozen=True)
class Enclosure:
    """The documents that an act names and that were shown to be its sender's, by content hash."""

    act: str
    registration: str
    documents: tuple[str, ...]

    def encode(self) -> bytes:
        return canonical(vars(self))

    @staticmethod
    def decode(data: bytes) -> "Enclosure":
        value = json.loads(data)
        return Enclosure(**{**value, "documents": tuple(value["documents"])})
