"""Taking a hand-over into the successor's own document store; a repeat changes nothing."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, select

from registry.documents import Documents, Enclosure, Opening
from registry.errors import Conflict, Mismatch
from registry.handover.folder import Folder
from registry.hashes import content_hash
from registry.registrars import RegistrarHandedOver

Progress = Callable[[int, int], None]


def take(
    path: Path,
    documents: Documents,
    key: bytes,
    *,
    connection: Connection | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[int, int]:
    """Keeps openings and documents, each registration's all or none; how many of each there were.

    With the `connection` of a read model only what the chain handed over by this very manifest is
    taken. Killed anywhere, it is simply run again. Raises: Conflict when the chain names another
    manifest, or none yet; Mismatch for what is not what its name says; NotFound; TooLarge; StorageFull.
    """
    folder = Folder(path)
    manifest, digest = folder.manifest()
    if connection is not None:
        _require_handed_over(connection, manifest["registrar"], digest)
    openings, kept = 0, set[str]()
    for place, papers in enumerate(manifest["papers"], 1):
        id = papers["registration"]
        with documents.together():
            opening = _opening(folder, id, key) if papers["opening"] else None
            for each in papers["documents"]:
                data = folder.get("documents", each["name"], key=key)
                if content_hash(data) != each["name"]:
                    raise Mismatch(f"document {each['name']} has the hash {content_hash(data)}")
                if opening is not None and opening.form == each["name"]:
                    documents.put_form(data)
                if (
                    opening is None
                    or opening.form != each["name"]
                    or each["name"] in opening.documents
                ):
                    documents.put(data, media=each["media"])
                kept.add(each["name"])
            for act in papers["enclosures"]:
                enclosure = Enclosure.decode(folder.get("enclosures", act, key=key))
                if (enclosure.act, enclosure.registration) != (act, id):
                    raise Mismatch(f"enclosures/{act} is that of {enclosure.act}")
                documents.keep_enclosure(enclosure)
            for act in papers["papers"]:
                documents.keep_papers(act, folder.get("papers", act, key=key))
            if opening is not None:
                documents.keep_opening(opening)
                openings += 1
        progress(place, len(manifest["papers"]))
    return openings, len(kept)


def _opening(folder: Folder, id: str, key: bytes) -> Opening:
    opening = Opening.decode(folder.get("openings", id, key=key))
    if opening.registration != id:
        raise Mismatch(f"openings/{id} is that of {opening.registration}")
    return opening


def _require_handed_over(connection: Connection, registrar: int, digest: str) -> None:
    named = connection.execute(
        select(RegistrarHandedOver.manifest).where(RegistrarHandedOver.registrar == registrar)
    ).scalar()
    if named is None:
        raise Conflict(f"the chain has not handed registrar {registrar:03d} over yet")
    if named != digest:
        raise Conflict(f"the chain handed over by the manifest {named}, this one is {digest}")
