"""What is put into the store in tests, and looks at its files past the store."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from registry.documents import Opening

FORM = b'{"name":"canary-form"}'


WHY = "asked by the holder"


def word(fill: str) -> str:
    return "0x" + fill * 32


def opening(registration: str = "aa", *, fingerprint: str = "bb", form: str = "cc") -> Opening:
    return Opening(
        registration=word(registration),
        data=word("dd"),
        salt=word("ee"),
        fingerprint_root=word(fingerprint),
        form=word(form),
        parties=(word("01"), word("02")),
    )


def sql(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def backup(path: Path, to: Path) -> None:
    """As an operator would: a copy of one database at one moment."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def restore(path: Path, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, path)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
