"""Which files there are, as they were found; refuses what cannot be fingerprinted."""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.errors import Flaw, Malformed, NotFound, Unavailable


@dataclass(frozen=True)
class Seen:
    """A file as it was found; equal only while it is the same file with the same content."""

    path: str
    where: str
    size: int
    state: tuple[int, int, int, int]

    @staticmethod
    def at(path: str, where: str, found: os.stat_result) -> "Seen":
        # The change time cannot be set back, as the time of modification can.
        state = (found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino)
        return Seen(path, where, found.st_size, state)


def is_file(seen: tuple[Seen, ...]) -> bool:
    return len(seen) == 1 and not seen[0].path


def scan(path: Path) -> tuple[Seen, ...]:
    top = os.fspath(path)
    with told(top):
        found = os.lstat(top)
    if not stat.S_ISDIR(found.st_mode):
        _refuse_unless_regular(top, found.st_mode)
        return (Seen.at("", top, found),)
    seen: list[Seen] = []
    folders = [("", top)]
    while folders:
        prefix, where = folders.pop()
        with told(where), os.scandir(where) as inside:
            for name, each, status in _named(where, inside):
                if stat.S_ISDIR(status.st_mode):
                    folders.append((f"{prefix}{name}/", each))
                    continue
                _refuse_unless_regular(each, status.st_mode)
                seen.append(Seen.at(prefix + name, each, status))
    if not seen:
        raise refusal("empty", f"{shown(top)} holds no file")
    return tuple(sorted(seen, key=lambda each: each.path.encode()))


def _named(
    where: str, inside: Iterator[os.DirEntry[str]]
) -> Iterator[tuple[str, str, os.stat_result]]:
    spelled: dict[str, str] = {}
    for each in inside:
        name = unicodedata.normalize("NFC", each.name)
        try:
            name.encode()
        except UnicodeEncodeError:
            raise refusal("encoding", f"the name of {shown(each.path)} is not UTF-8") from None
        if name in spelled:
            twins = f"{spelled[name]!a} and {each.name!a} in {shown(where)}"
            raise refusal("same_name", f"{twins} are one name in Unicode's form NFC")
        spelled[name] = each.name
        yield name, each.path, each.stat(follow_symlinks=False)


def _refuse_unless_regular(where: str, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise refusal("link", f"{shown(where)} is a symbolic link, expected a file or a folder")
    if not stat.S_ISREG(mode):
        raise refusal("special", f"{shown(where)} is a special file, expected a file or a folder")


def refuse_changes(before: tuple[Seen, ...], after: tuple[Seen, ...]) -> None:
    changed = set(before) ^ set(after)
    if changed:
        raise change_of(min(changed, key=lambda each: each.path.encode()).where)


def refusal(rule: str, detail: str) -> Malformed:
    return Malformed(detail, flaws=(Flaw("/path", rule, detail),))


def change_of(where: str) -> Malformed:
    return refusal("changed", f"{shown(where)} changed while it was read")


def shown(where: str) -> str:
    return where.encode("utf-8", "backslashreplace").decode()


@contextmanager
def told(where: str) -> Iterator[None]:
    """Says in our words what the operating system says of a file."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as e:
        raise NotFound(f"there is no {shown(where)}") from e
    except PermissionError as e:
        raise refusal("unreadable", f"{shown(where)} may not be read") from e
    except OSError as e:
        if e.errno == errno.ELOOP:
            raise refusal("link", f"{shown(where)} is a symbolic link") from e
        raise Unavailable(f"{shown(where)} cannot be read: {e.strerror}") from e
