"""The master key
├── is made once, for its owner alone, also by many at once
└── is missed, refused when it is another's, no key, or open to others
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from registry.documents import Documents
from registry.errors import (
    Malformed,
    Mismatch,
)
from registry.hashes import content_hash
from tests.registry.documents.on_disk import FORM


class TestMasterKey:
    def test_is_made_once_for_its_owner_alone(self, folder: Path) -> None:
        Documents.open(folder).close()
        path = folder / "keys" / "documents.key"
        first = path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        Documents.open(folder).close()
        assert path.read_text() == first
        assert [each.name for each in path.parent.iterdir()] == ["documents.key"]
        for each in (folder, path.parent):
            assert each.stat().st_mode & 0o777 == 0o700
        for each in folder.iterdir():
            assert each.is_dir() or each.stat().st_mode & 0o777 == 0o600

    def test_is_one_when_many_open_at_once(self, folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            stores = list(pool.map(lambda _: Documents.open(folder), range(8)))
        for place, store in enumerate(stores):
            store.put(b"%d" % place)
        for place in range(8):
            assert stores[-1 - place].get(content_hash(b"%d" % place)) == b"%d" % place
        for store in stores:
            store.close()

    def test_may_lie_elsewhere(self, folder: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "safe" / "key"
        with closing(Documents.open(folder, key_file=elsewhere)) as store:
            store.put(FORM)
        assert elsewhere.exists()
        assert not (folder / "keys").exists()

    def test_is_missed_and_never_replaced(self, folder: Path) -> None:
        Documents.open(folder).close()
        (folder / "keys" / "documents.key").unlink()
        with pytest.raises(Mismatch, match="is missing"):
            Documents.open(folder)
        assert not (folder / "keys" / "documents.key").exists()

    def test_is_refused_when_it_is_of_another_store(self, folder: Path, tmp_path: Path) -> None:
        Documents.open(folder).close()
        Documents.open(tmp_path / "other").close()
        shutil.copy(tmp_path / "other/keys/documents.key", folder / "keys/documents.key")
        with pytest.raises(Mismatch, match="not the key of this store"):
            Documents.open(folder)

    @pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31])
    def test_is_refused_when_it_is_no_key(self, folder: Path, content: str) -> None:
        Documents.open(folder).close()
        (folder / "keys" / "documents.key").write_text(content)
        with pytest.raises(Malformed, match="holds no key"):
            Documents.open(folder)

    def test_is_refused_when_others_may_read_it(self, folder: Path) -> None:
        Documents.open(folder).close()
        (folder / "keys" / "documents.key").chmod(0o640)
        with pytest.raises(Malformed, match="expected mode 0600"):
            Documents.open(folder)
