"""What a holder keeps of a filing: a file that opens the commitment, on the disk before anything is sent."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry.errors import Malformed, NotFound
from registry.keys import sync_folder

FORMAT = "data-rights-registry/papers/1"


@dataclass(frozen=True)
class Receipt:
    """The registry has the act on its disk. `digest` names it; for a filing it is the registration's id.

    `received_at` and `deadline` are Unix seconds; `papers` is the file that opens the commitment of a
    filing: lose it and only the registry can.
    """

    digest: str
    type: str
    state: str
    received_at: int
    deadline: int
    status_url: str
    papers: Path | None = None


@dataclass(frozen=True)
class Papers:
    """A filing as it is kept: all that is needed to send it again or to open its commitment."""

    registration: str
    message: dict[str, Any]
    signatures: list[str]
    salt: str
    fingerprint: str
    form: dict[str, Any]
    tickets: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """What is posted; a repeat of the same body is answered like the first."""
        papers = {
            "salt": self.salt,
            "fingerprint": self.fingerprint,
            "form": self.form,
            "tickets": self.tickets,
        }
        return {"message": self.message, "signatures": self.signatures, "papers": papers}

    def opening(self) -> dict[str, Any]:
        """What makes a public bundle one that opens: put it in the place of its `opening`."""
        from registry.hashes import canonical, content_hash

        return {
            "salt": self.salt,
            "fingerprint": self.fingerprint,
            "form_hash": content_hash(canonical(self.form)),
            "form": self.form,
        }

    def save(self, folder: Path) -> Path:
        """All of it, durable and for its owner alone; the file is named after the registration."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{self.registration}.json"
        beside = folder / f".{self.registration}.{secrets.token_hex(4)}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"papers": FORMAT, **vars(self)}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(folder)
        return path

    @staticmethod
    def load(path: Path) -> "Papers":
        """Raises: NotFound, Malformed."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept.pop("papers") != FORMAT:
                raise ValueError("another format")
            return Papers(**kept)
        except FileNotFoundError as e:
            raise NotFound(f"no papers at {path}") from e
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise Malformed(f"{path} holds no papers of ours: {e}") from e
