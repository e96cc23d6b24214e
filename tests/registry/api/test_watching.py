"""Waiting for acts to change

- more clients than the pool has threads wait, and everybody else is answered
- whoever leaves is waited for no more
- a change wakes those who wait for it; time that runs out ends a wait
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.api.watching import Watch
from registry.errors import NotFound
from registry.house import House
from registry.keys import Key
from registry.outbox import State, Submission
from registry.settings import Settings
from tests.registry.api.desk import Desk
from tests.registry.sandbox import Sandbox

# More than the pool has threads.
CROWD = 60


@dataclass
class Stuck:
    """A house that sends nothing, so that what it received stays received."""

    house: House
    app: FastAPI
    address: tuple[str, int]
    known: Submission

    def ask(self, path: str) -> socket.socket:
        connection = socket.create_connection(self.address, timeout=10)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return connection


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def stuck(deployed: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stuck]:
    folder: Path = tmp_path_factory.mktemp("stuck")
    chosen = Settings(data=folder)
    deployed.deployment.save(chosen.deployment)
    house = House.open(chosen, deployed.url)
    house.indexer.catch_up()
    app = create_app(house)
    desk = Desk(TestClient(app, base_url="http://127.0.0.1"), house, deployed)
    key = Key.fresh()
    message, papers = desk.filing(key)
    answer = desk.send(message, key, papers=papers)
    assert answer.status_code == 202, answer.text
    known = house.outbox.find(answer.json()["digest"])
    if known is None:
        raise NotFound("nothing was received")
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    serving.start()
    yield Stuck(house, app, listening.getsockname(), known)
    server.should_exit = True
    serving.join()
    listening.close()
    house.close()


def test_a_crowd_of_streams_keeps_nobody_else_waiting(stuck: Stuck) -> None:
    watch: Watch = stuck.app.state.watch
    with ExitStack() as streams:
        for _ in range(CROWD):
            path = f"/v1/submissions/{stuck.known.digest}/events"
            streams.enter_context(stuck.ask(path))
        until(lambda: watch.waiting == CROWD)
        with stuck.ask("/v1/messages") as other:
            assert other.recv(12) == b"HTTP/1.1 200"
    until(lambda: watch.waiting == 0)


def test_a_wait_ends_with_its_time(stuck: Stuck) -> None:
    watch = Watch(stuck.house.outbox)
    assert asyncio.run(watch.changed(stuck.known, timeout=0.01)) == stuck.known
    assert watch.waiting == 0


def test_a_change_wakes_those_who_wait(stuck: Stuck) -> None:
    watch = Watch(stuck.house.outbox)

    async def both() -> tuple[Submission, Submission]:
        one, other = (asyncio.create_task(watch.changed(stuck.known)) for _ in range(2))
        while watch.waiting < 2:
            await asyncio.sleep(0)
        with stuck.house.outbox.writing() as connection:
            connection.exec_driver_sql("UPDATE submission SET state = 'included'")
        stuck.house.outbox.tell()
        return await one, await other

    assert [found.state for found in asyncio.run(both())] == [State.INCLUDED] * 2
