"""Where the contracts of one registry are: the file that a deployment leaves behind."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.errors import NotFound
from registry.messages import Domain


@dataclass(frozen=True)
class Deployment:
    """One registry on one chain. Addresses are checksummed, hashes `0x` text.

    `code_hashes` are keccak256 of the runtime code at each address; `start_block` is the first block
    in which one of the contracts can have said anything.
    """

    chain_id: int
    genesis: str
    start_block: int
    contracts: dict[str, str]
    code_hashes: dict[str, str]

    @staticmethod
    def load(path: Path) -> "Deployment":
        """Raises: NotFound when nothing was deployed."""
        try:
            return Deployment(**json.loads(path.read_text()))
        except FileNotFoundError as e:
            raise NotFound(f"no deployment at {path}: run `registry deploy` first") from e

    def save(self, path: Path) -> None:
        """Written beside and renamed, so that a reader sees all of it or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def domain(self, contract: str) -> Domain:
        """The EIP-712 domain of one of the contracts."""
        return Domain(self.chain_id, self.contracts[contract])
