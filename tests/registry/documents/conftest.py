"""A store in a folder of its own for each test."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from registry.documents import Documents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def documents(folder: Path) -> Iterator[Documents]:
    with closing(Documents.open(folder)) as store:
        yield store
