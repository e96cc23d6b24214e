"""Events as a file that grows

- the same events give the same bytes, one line each, the whole chain from the beginning
- killed at any byte it goes on after its last whole line, and is as if nothing had happened
- it begins after a cursor that the reader has, and never goes on from another
- what is no export is left as it is
"""

import json
from contextlib import closing
from pathlib import Path

import pytest

from registry import notices
from registry.bridge import export
from registry.bridge.events import Event, Place, events
from registry.documents import Documents
from registry.errors import Conflict, Malformed
from tests.registry.procedure import World


@pytest.fixture
def pages(made: World, tmp_path: Path) -> export.Pages:
    # Nothing is told of a publication before its notice stands: here an empty one.
    with closing(Documents.open(tmp_path / "documents")) as none:
        notices.enter_new(made.engine, none)

    def of(after: Place, limit: int) -> list[Event]:
        with made.engine.connect() as connection:
            return events(
                connection,
                chain_id=made.deployment.chain_id,
                contracts=made.deployment.contracts,
                after=after,
                # Small pages, so that the file is made of several.
                limit=min(limit, 2),
            )

    return of


@pytest.fixture
def whole(pages: export.Pages, tmp_path: Path) -> bytes:
    path = tmp_path / "whole.jsonl"
    count, last = export.write(path, pages)
    lines = path.read_bytes().splitlines()
    assert (count, len(lines)) == (len(lines), count)
    assert last == export.place_of(json.loads(lines[-1])["cursor"])
    return path.read_bytes()


class TestExport:
    def test_is_one_line_an_event_each_after_the_one_before(self, whole: bytes) -> None:
        told = [json.loads(line) for line in whole.splitlines()]
        assert told[0]["previous"] is None
        assert [each["previous"] for each in told[1:]] == [each["cursor"] for each in told[:-1]]
        names = [each["event"] for each in told]
        assert names.count("RegistrationAttested") == 1
        assert names.count("ObjectionMade") == names.count("ObjectionResolved") == 2

    def test_written_again_is_the_same_and_adds_nothing(
        self, pages: export.Pages, whole: bytes, tmp_path: Path
    ) -> None:
        path = tmp_path / "again.jsonl"
        for _ in range(2):
            export.write(path, pages)
            assert path.read_bytes() == whole
        assert export.write(path, pages)[0] == 0

    def test_killed_anywhere_goes_on(
        self, pages: export.Pages, whole: bytes, tmp_path: Path
    ) -> None:
        path = tmp_path / "killed.jsonl"
        second = whole.index(b"\n") + 1
        for cut in (0, 1, 5, 40, second - 1, second, second + 1, len(whole) - 1, len(whole)):
            path.write_bytes(whole[:cut])
            export.write(path, pages)
            assert path.read_bytes() == whole, cut

    def test_goes_on_beyond_a_line_longer_than_is_read_at_once(
        self, pages: export.Pages, whole: bytes, tmp_path: Path
    ) -> None:
        path = tmp_path / "long.jsonl"
        first, _, rest = whole.partition(b"\n")
        torn = first + b"\n" + rest.split(b"\n")[0] + b" " * 200_000
        path.write_bytes(torn)
        export.write(path, pages)
        assert path.read_bytes() == whole

    def test_begins_after_what_the_reader_has(
        self, pages: export.Pages, whole: bytes, tmp_path: Path
    ) -> None:
        lines = whole.splitlines(keepends=True)
        since = export.place_of(json.loads(lines[2])["cursor"])
        path = tmp_path / "rest.jsonl"
        export.write(path, pages, since=since)
        assert path.read_bytes() == b"".join(lines[3:])
        last = export.place_of(json.loads(lines[-1])["cursor"])
        assert export.write(path, pages, since=last) == (0, last)
        with pytest.raises(Conflict, match="ends at"):
            export.write(path, pages, since=since)
        assert path.read_bytes() == b"".join(lines[3:])

    def test_with_nothing_new_keeps_the_readers_cursor(
        self, pages: export.Pages, tmp_path: Path
    ) -> None:
        far = (2**40, 0)
        assert export.write(tmp_path / "none.jsonl", pages, since=far) == (0, far)

    @pytest.mark.parametrize("text", [b"a diary", b"a diary\n", b'{"form":"other/1"}\n', b"[]\n"])
    def test_leaves_what_is_no_export_as_it_is(
        self, pages: export.Pages, tmp_path: Path, text: bytes
    ) -> None:
        path = tmp_path / "diary.txt"
        path.write_bytes(text)
        with pytest.raises(Conflict, match="no export"):
            export.write(path, pages)
        assert path.read_bytes() == text

    def test_a_cursor_is_two_numbers(self) -> None:
        assert export.place_of("12-3") == (12, 3)
        for wrong in ("", "12", "12-", "-1-2", "12-3-4", "12-3\n", "１２-3"):
            with pytest.raises(Malformed):
                export.place_of(wrong)
