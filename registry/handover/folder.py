"""The folder of a hand-over: what lies where, sealed how. Knows neither chain nor read model."""

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from registry.documents.master import seal, sync_folder, unseal
from registry.errors import Conflict, Forbidden, Malformed, Mismatch, NotFound
from registry.hashes import canonical, content_hash

FORMAT = "data-rights-registry/handover/1"
MANIFEST, FACTS = "manifest.json", "facts.ndjson"
# An enclosure is what came with one act upon a registration; papers open the commitment of one.
KINDS = ("documents", "openings", "enclosures", "papers")
KEY_BYTES = 32


@dataclass(frozen=True)
class Folder:
    """One hand-over on the disk; it is whole once its manifest is there."""

    path: Path

    @property
    def manifest_path(self) -> Path:
        return self.path / MANIFEST

    def begin(self) -> None:
        """Makes it empty: what a run that died left behind goes. Raises: Conflict when it is whole."""
        if self.manifest_path.exists():
            raise Conflict(f"{self.path} holds a whole hand-over; choose another folder")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {FACTS, *KINDS}
        odd = sorted(
            each.name for each in self.path.iterdir() if each.name.lstrip(".") not in known
        )
        if odd:
            raise Conflict(f"{self.path} holds what is not ours: {', '.join(odd[:3])}")
        for kind in KINDS:
            (self.path / kind).mkdir(mode=0o700, exist_ok=True)
            for left in (self.path / kind).iterdir():
                left.unlink()

    def put(self, kind: str, name: str, data: bytes, *, key: bytes) -> None:
        """Seals one thing under the key, bound to what it is called."""
        write_whole(self.path / kind / name, seal(key, data, _bound(kind, name)))

    def get(self, kind: str, name: str, *, key: bytes) -> bytes:
        """Raises: NotFound; Mismatch when it was altered, or is of another key."""
        try:
            sealed = (self.path / kind / name).read_bytes()
        except FileNotFoundError as e:
            raise NotFound(f"{kind}/{name} is missing") from e
        try:
            return unseal(key, sealed, _bound(kind, name))
        except InvalidTag as e:
            raise Mismatch(f"{kind}/{name} was altered, or is sealed under another key") from e

    def names(self, kind: str) -> set[str]:
        return {each.name for each in (self.path / kind).iterdir()}

    def end(self, manifest: dict[str, Any]) -> str:
        """Makes it whole; the manifest's hash. All else is on the disk before."""
        for folder in (*(self.path / kind for kind in KINDS), self.path):
            sync_folder(folder)
        data = canonical(manifest)
        write_whole(self.manifest_path, data)
        sync_folder(self.path)
        return content_hash(data)

    def manifest(self) -> tuple[dict[str, Any], str]:
        """The manifest and its hash. Raises: NotFound, Malformed."""
        try:
            data = self.manifest_path.read_bytes()
        except FileNotFoundError as e:
            raise NotFound(f"{self.path} holds no whole hand-over: no {MANIFEST}") from e
        try:
            value = json.loads(data)
            if value["handover"] != FORMAT or canonical(value) != data:
                raise ValueError(f"expected {FORMAT} in canonical JSON")
        except (ValueError, LookupError, TypeError, RecursionError) as e:
            raise Malformed(f"{self.manifest_path} is no manifest: {e}") from e
        return value, content_hash(data)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines of `facts.ndjson`. Raises: NotFound, Malformed."""
        try:
            with (self.path / FACTS).open("rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        yield json.loads(line)
                    except ValueError as e:
                        raise Malformed(f"{FACTS}, line {number}: {e}") from e
        except FileNotFoundError as e:
            raise NotFound(f"{self.path} lacks {FACTS}") from e


def make_key(path: Path) -> bytes:
    """The key in a file, drawn at the first call: a second run seals under the same one.

    Raises: as `read_key`.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return read_key(path)


def read_key(path: Path) -> bytes:
    """Raises: NotFound; Forbidden when others may read it; Malformed."""
    try:
        if path.stat().st_mode & 0o077:
            raise Forbidden(f"{path} is open to others, expected mode 0600")
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError as e:
        raise NotFound(f"no key at {path}") from e
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        # Nothing was sealed under it: a run died before its key was on the disk.
        raise Malformed(f"{path} holds no key, expected 64 hex digits; remove it and begin anew")
    return key


def write_whole(path: Path, data: bytes) -> None:
    """All of a file or nothing of it, on the disk."""
    beside = path.with_name(f".{path.name}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _bound(kind: str, name: str) -> bytes:
    return f"{FORMAT}\0{kind}\0{name}".encode()
