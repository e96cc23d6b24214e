"""Public notices

- of a form that we have: found by two characters of its name, and forgotten when the form is erased
- of an application that was refused, terminated or withdrawn: shown no more; of an attested one, shown
- of a form that we lack, or that was damaged: empty, and in nobody's way
"""

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, update

from registry import notices
from registry.database import open_read_model
from registry.documents import Documents, Opening
from registry.facts import Block, ReadModel
from registry.hashes import canonical, to_hex
from registry.messages import ZERO
from registry.registrations.facts import Progress, RegistrationFiled, RegistrationPublished
from registry.rules import profiles
from registry.rules.states import State
from tests.registry.documents.on_disk import sql
from tests.registry.rules.sample_form import a_form


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = open_read_model(tmp_path / "read.db")
    ReadModel.metadata.create_all(found)
    yield found
    found.dispose()


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    with closing(Documents.open(tmp_path / "documents")) as found:
        yield found


def a_filing(documents: Documents) -> str:
    """A registration whose form we keep."""
    id = to_hex(secrets.token_bytes(32))
    form = documents.put_form(canonical(a_form()))
    documents.keep_opening(Opening(id, ZERO, ZERO, ZERO, form, ()))
    return id


def publish(engine: Engine, block: int, *registrations: str) -> None:
    number = to_hex(block.to_bytes(32, "big"))
    with engine.begin() as connection:
        connection.execute(
            insert(Block), {"number": block, "hash": number, "parent": ZERO, "time": 1}
        )
        for place, id in enumerate(registrations):
            said = {
                "block": block,
                "contract": "Registrations",
                "transaction": ZERO,
                "registration": id,
            }
            filing = 100 * block + place
            connection.execute(
                insert(RegistrationFiled),
                said
                | {
                    "position": 100 + place,
                    "ordinal": filing,
                    "data": ZERO,
                    "registrar": 990,
                    "profile": profiles.load("SANDBOX").number,
                    "kind": 1,
                    "applicants": 1,
                    "party": ZERO,
                    "rights": 7,
                    "deadline": 1,
                },
            )
            connection.execute(
                insert(Progress),
                {
                    "registration": id,
                    "step": 3,
                    "filing": filing,
                    "block": block,
                    "position": place,
                    "state": int(State.PUBLISHED),
                    "event": RegistrationPublished.event,
                    "act": ZERO,
                },
            )
            connection.execute(
                insert(RegistrationPublished),
                said
                | {
                    "position": place,
                    "ordinal": place + 1,
                    "act": ZERO,
                    "step": 3,
                    "until": 2,
                    "receipt": ZERO,
                    "effective": 0,
                },
            )


def test_a_form_that_we_have_is_found_by_its_name_until_it_is_forgotten(
    engine: Engine, documents: Documents
) -> None:
    id = a_filing(documents)
    publish(engine, 1, id)
    assert notices.enter_new(engine, documents) == 1
    assert notices.enter_new(engine, documents) == 0
    word = a_form()["data"]["name"][:2]
    with engine.begin() as connection:
        assert [found.registration for found in notices.search(connection, word)] == [id]
        notices.forget(connection, id)
        assert notices.search(connection, word) == []


@pytest.mark.parametrize("end", [State.REFUSED, State.TERMINATED, State.WITHDRAWN, State.ATTESTED])
def test_an_application_that_ended_unattested_is_shown_no_more(
    engine: Engine, documents: Documents, end: State
) -> None:
    id, other = a_filing(documents), a_filing(documents)
    publish(engine, 1, id, other)
    notices.enter_new(engine, documents)
    with engine.begin() as connection:
        connection.execute(update(Progress).where(Progress.registration == id).values(superseded=1))
        step = {"registration": id, "filing": 1, "block": 1, "position": 5}
        connection.execute(
            insert(Progress), step | {"step": 4, "state": int(end), "event": "Ended", "act": ZERO}
        )
        shown = {id, other} if end is State.ATTESTED else {other}
        word = a_form()["data"]["name"][:2]
        assert {found.registration for found in notices.search(connection, word)} == shown
        assert (notices.notice(connection, id) is not None) == (id in shown)
        assert notices.notice(connection, other) is not None


def test_a_form_that_we_lack_leaves_an_empty_notice(engine: Engine, documents: Documents) -> None:
    id = to_hex(secrets.token_bytes(32))
    publish(engine, 1, id)
    assert notices.enter_new(engine, documents) == 1
    with engine.connect() as connection:
        assert notices.notice(connection, id) is None


def test_a_damaged_form_is_in_nobodys_way(
    engine: Engine, documents: Documents, tmp_path: Path
) -> None:
    damaged = a_filing(documents)
    sql(tmp_path / "documents" / "documents.db", "UPDATE sealed SET content = zeroblob(60)")
    sound = a_filing(documents)
    publish(engine, 1, damaged, sound)
    assert notices.enter_new(engine, documents) == 2
    with engine.connect() as connection:
        assert notices.notice(connection, damaged) is None
        assert notices.notice(connection, sound) is not None
