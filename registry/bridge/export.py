"""Events as a file of JSON Lines that grows: killed anywhere, it goes on after its last whole line.

Knows neither HTTP nor RPC.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from io import BufferedRandom
from pathlib import Path
from typing import Any

from registry.bridge.events import BEGINNING, FORM, Event, Place, cursor_of
from registry.errors import Conflict, Flaw, Malformed

PAGE = 200
HEAD = f'{{"form":"{FORM}"'.encode()

Pages = Callable[[Place, int], list[Event]]


def place_of(cursor: str) -> Place:
    """A cursor as (block, log index). Raises: Malformed."""
    if not re.fullmatch(r"[0-9]{1,15}-[0-9]{1,9}", cursor):
        detail = f"got {cursor[:40]!r}, expected a cursor such as 12-3"
        raise Malformed(detail, flaws=(Flaw("/since", "cursor", detail),))
    block, position = cursor.split("-")
    return int(block), int(position)


def lines(pages: Pages, after: Place = BEGINNING) -> Iterator[tuple[Place, bytes]]:
    """All events after a place, each with its place; `pages` gives the first so many after one."""
    while found := pages(after, PAGE):
        for each in found:
            after = place_of(each.cursor)
            yield after, line(each)


def line(event: Event) -> bytes:
    """One line: the same event gives the same bytes."""
    return (
        json.dumps(event.model_dump(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    )


def write(
    path: Path,
    pages: Pages,
    *,
    since: Place | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[int, Place | None]:
    """Adds to a file what it lacks; how many events, and the cursor that it ends at, None for none.

    A file that is there goes on where it ends; `since`, for a new one, is the last event that the reader
    has. On the disk when it returns. Raises: Conflict when `since` is not where the file ends, or the
    file is no export.
    """
    count = 0
    with path.open("a+b") as file:
        last = _last(file, path)
        if last is not None and since not in (None, last):
            raise Conflict(
                f"{path} ends at {cursor_of(last)}, and is to go on there; write what follows another "
                "cursor to a new file"
            )
        last = since if last is None else last
        for place, text in lines(pages, BEGINNING if last is None else last):
            file.write(text)
            last, count = place, count + 1
            if count % PAGE == 0:
                progress(count)
        file.flush()
        os.fsync(file.fileno())
    return count, last


def _last(file: BufferedRandom | Any, path: Path) -> Place | None:
    """The cursor of the last whole line; what a kill left after it is cut off."""
    data = _tail(file)
    whole = data.rfind(b"\n") + 1
    size = file.seek(0, os.SEEK_END)
    if whole == 0 and size:
        # A first line that was never finished, or no export at all: only the former is ours to cut.
        if not HEAD.startswith(data[: len(HEAD)]):
            raise Conflict(f"{path} is no export of events")
        file.truncate(0)
        return None
    if size == 0:
        return None
    begun = data.rfind(b"\n", 0, whole - 1) + 1
    try:
        value = json.loads(data[begun:whole])
        if value["form"] != FORM:
            raise ValueError(value["form"])
        found = place_of(value["cursor"])
    except (ValueError, KeyError, TypeError, Malformed) as e:
        raise Conflict(f"{path} is no export of events: {e}") from e
    file.truncate(size - (len(data) - whole))
    file.seek(0, os.SEEK_END)
    return found


def _tail(file: BufferedRandom | Any) -> bytes:
    """The end of a file: its last whole line and what follows, read backwards."""
    size = file.seek(0, os.SEEK_END)
    length = 1 << 16
    while True:
        file.seek(max(0, size - length))
        data: bytes = file.read()
        if length >= size or data.count(b"\n") >= 2:
            return data
        length *= 2
