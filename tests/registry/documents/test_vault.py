"""What is sealed under a name

A document
├── is found by the hash of its content, also after reopening; put again it is the same one
├── keeps its media type; JSON is kept in its canonical form, and refused where it has none
├── is refused beyond the limit, and not found before it was put
├── lies nowhere in plain, nor does its hash
└── when altered, swapped, cut or robbed of its key is named, and healed by putting it again
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.documents import Documents
from registry.errors import (
    Malformed,
    Mismatch,
    NotFound,
    TooLarge,
)
from registry.hashes import content_hash
from tests.registry.documents.on_disk import FORM, WHY, bytes_in, opening, sql, word


class TestDocument:
    def test_is_found_by_the_hash_of_its_content_also_after_reopening(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store:
            name = store.put(FORM)
            assert name == content_hash(FORM)
            assert store.get(name) == FORM
        with closing(Documents.open(folder)) as store:
            assert store.get(name) == FORM
            assert store.has(name)

    def test_is_the_same_when_put_again(self, documents: Documents, folder: Path) -> None:
        assert documents.put(FORM) == documents.put(FORM, media="text/plain")
        assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(1,)]
        assert documents.media(content_hash(FORM)) == "application/json"

    @given(data=st.binary(max_size=4096))
    @settings(
        max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_comes_back_byte_for_byte(self, documents: Documents, data: bytes) -> None:
        name = documents.put(data, media="application/octet-stream")
        assert documents.get(name) == data
        assert documents.media(name) == "application/octet-stream"

    def test_keeps_json_in_its_canonical_form(self, documents: Documents) -> None:
        one = documents.put_json({"b": 1, "a": "数据"})
        assert one == documents.put_json({"a": "数据", "b": 1})
        assert documents.get(one) == '{"a":"数据","b":1}'.encode()

    @pytest.mark.parametrize("value", [float("nan"), 2**60, "\ud800", {1: 2}, object()])
    def test_refuses_json_that_has_no_canonical_form(
        self, documents: Documents, value: object
    ) -> None:
        with pytest.raises(Malformed):
            documents.put_json(value)

    def test_refuses_more_than_the_limit(self, folder: Path) -> None:
        with closing(Documents.open(folder, limit=8)) as store:
            store.put(b"12345678")
            with pytest.raises(TooLarge, match="9 bytes, expected at most 8"):
                store.put(b"123456789")
            assert not store.has(content_hash(b"123456789"))

    @pytest.mark.parametrize("name", [word("ab"), "", "0x", "\ud800", "' OR 1=1"])
    def test_does_not_find_what_was_never_put(self, documents: Documents, name: str) -> None:
        assert not documents.has(name)
        with pytest.raises(NotFound) as missing:
            documents.get(name)
        assert missing.value.status == 404

    def test_lies_nowhere_in_plain_nor_does_its_hash(
        self, documents: Documents, folder: Path
    ) -> None:
        name = documents.put(FORM)
        documents.keep_opening(opening(fingerprint="b7", form="c7"))
        documents.log_read("canary-resource", purpose="canary-purpose", reader="0xca", at=1)
        documents.erase(name, reason=WHY)
        documents.put(FORM)
        kept = bytes_in(folder)
        hashes = [word(each) for each in ("b7", "c7", "ee")]
        for secret in ("canary", name, name[2:], *hashes, *(each[2:] for each in hashes)):
            assert secret.encode() not in kept
        for secret in (name, *hashes):
            assert bytes.fromhex(secret[2:]) not in kept

    @pytest.mark.parametrize(
        "harm",
        [
            "UPDATE sealed SET content = zeroblob(60)",
            "UPDATE sealed SET content = x'00'",
            "UPDATE sealed SET content = substr(content, 1, length(content) - 1)",
            "UPDATE sealed SET media = 'text/html'",
            "UPDATE sealed SET generation = 2",
            "UPDATE sealed SET key = zeroblob(16)",
        ],
    )
    def test_is_named_when_altered_and_healed_by_putting_it_again(
        self, documents: Documents, folder: Path, harm: str
    ) -> None:
        names = [documents.put(FORM), documents.put(b"another of other length")]
        sql(folder / "documents.db", harm)
        for name in names:
            with pytest.raises(Mismatch, match=name):
                documents.get(name)
        documents.put(FORM)
        assert documents.get(names[0]) == FORM

    @pytest.mark.parametrize(
        "harm",
        [
            "UPDATE data_key SET wrapped = zeroblob(60)",
            "UPDATE data_key SET generation = 2",
            "DELETE FROM data_key",
        ],
    )
    def test_is_named_when_its_key_is_altered_or_gone(
        self, documents: Documents, folder: Path, harm: str
    ) -> None:
        name = documents.put(FORM)
        sql(folder / "keys.db", harm)
        if "generation" in harm:
            sql(folder / "documents.db", "UPDATE sealed SET generation = 2")
        with pytest.raises(Mismatch, match=name):
            documents.get(name)
        assert documents.put(FORM) == name
        assert documents.get(name) == FORM

    def test_is_named_when_swapped_with_another(self, documents: Documents, folder: Path) -> None:
        names = [documents.put(FORM), documents.put(b"another")]
        with closing(sqlite3.connect(folder / "documents.db")) as live, live:
            rows = live.execute("SELECT name FROM sealed").fetchall()
            for name, other in ((b"aside", rows[0]), (rows[0], rows[1]), (rows[1], b"aside")):
                old, new = (each if isinstance(each, bytes) else each[0] for each in (other, name))
                live.execute("UPDATE sealed SET name = ? WHERE name = ?", (new, old))
        for name in names:
            with pytest.raises(Mismatch, match=name):
                documents.get(name)
