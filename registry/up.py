"""Everything with one command: keys, chain, contracts, house, HTTP. Kill it at any time and start it again."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from registry import keys, own_chain
from registry.chain import Chain
from registry.deployment import Deployment, check_rules
from registry.deployment.building import deploy
from registry.deployment.steps import Plan, plan
from registry.errors import NotFound, Unavailable
from registry.house import House
from registry.keys import Key
from registry.registrars import APPROVER, REVIEWER
from registry.rules import profiles
from registry.settings import Settings
from registry.tenancy import Note, living_in, saying

# 示范登记机构: the registrar of the sandbox, which is nobody.
REGISTRAR = 990
# Wei for those who pay gas on a chain of our own, where it costs nothing: never to be used up.
WEALTH = 10**30
# No two blocks bear one second: with more than one a second the chain's clock runs ahead.
BLOCK_SECONDS = 1.0
BLOCK_SECONDS_WHILE_DEPLOYING = 0.2
READING_SECONDS = 10.0


@dataclass(frozen=True)
class Staff:
    """The installation's own keys; `owner` deploys, grants and guards, `relayer` pays and may nothing else."""

    owner: Key
    relayer: Key
    checkpointer: Key
    reviewer: Key
    approver: Key

    @staticmethod
    def of(settings: Settings) -> "Staff":
        """Made at the first call; each keystore is on the disk before its key is used."""
        folder = settings.keys
        return Staff(
            owner=keys.own(folder, "owner"),
            relayer=keys.own(folder, "relayer"),
            checkpointer=keys.own(folder, "checkpointer"),
            reviewer=keys.own(folder, "reviewer"),
            approver=keys.own(folder, "approver"),
        )

    def plan(
        self, deployer: Key | None = None, *, owner: str | None = None, grant_delay: int = 0
    ) -> Plan:
        """A sandbox with one registrar, whose profile asks the gate of barred parties.

        `owner` is the address that owns it in the end, the deployer's by default.
        """
        return plan(
            (deployer or self.owner).address,
            rules=[profiles.load(profiles.DEMO)],
            owner=owner,
            grant_delay=grant_delay,
            gate="BarredParties",
            registrars={
                REGISTRAR: {self.reviewer.address: REVIEWER, self.approver.address: APPROVER}
            },
            checkpoint_keys=[self.checkpointer.address],
        )


@dataclass(frozen=True)
class Running:
    """A registry that answers at `url`, with the keys of its sandbox."""

    settings: Settings
    house: House
    staff: Staff
    url: str


@contextmanager
def up(settings: Settings) -> Iterator[Running]:
    """A whole registry on one data folder, answering when this yields.

    Without `rpc_url` the chain is our own and is deployed to at the first start. Raises: Conflict when
    another process runs on the folder; NotFound when nothing was deployed on a foreign chain.
    """
    with living_in(settings.data):
        staff = Staff.of(settings)
        with node(settings, staff) as rpc_url:
            house = House.open(
                settings,
                rpc_url,
                relay_key=staff.relayer.secret,
                checkpoint_key=staff.checkpointer.secret,
            )
            try:
                house.start()
                _await_reading(house)
                with (
                    answering(house) as url,
                    saying(settings.data, Note(url, rpc_url, os.getpid())),
                ):
                    yield Running(settings, house, staff, url)
            finally:
                house.close()


@contextmanager
def node(settings: Settings, staff: Staff) -> Iterator[str]:
    """The JSON-RPC of the settings' node, or of the embedded chain while this is open.

    Our own chain is deployed to at the first start. Raises: NotFound when nothing was deployed on
    another's.
    """
    if settings.rpc_url is not None:
        if not settings.deployment.exists():
            raise NotFound(
                f"nothing was deployed by {settings.data} on {settings.rpc_url}: "
                "run `registry deploy --rpc-url URL --keystore FILE` first"
            )
        yield settings.rpc_url
        return
    funded = {key.address: WEALTH for key in (staff.owner, staff.relayer)}
    is_new = not settings.deployment.exists()
    with own_chain.running(
        settings.chain_db,
        funded=funded,
        # Nobody is there yet whom a clock some seconds ahead could mislead.
        interval=BLOCK_SECONDS_WHILE_DEPLOYING if is_new else BLOCK_SECONDS,
        port=settings.rpc_port,
    ) as chain:
        if is_new:
            _deploy(settings, staff, chain.url)
            chain.set_interval(BLOCK_SECONDS)
        yield chain.url


@contextmanager
def answering(house: House) -> Iterator[str]:
    """The house's HTTP faces in a thread of their own; yields the URL. Raises: Unavailable."""
    import uvicorn

    from registry.api import create_app

    host, port = house.settings.host, house.settings.port
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From here on the kernel queues connections: the URL is good before the server has started.
        # Two that bound at once are told apart here alone.
        listening.listen(512)
    except OSError as e:
        listening.close()
        raise Unavailable(
            f"cannot listen on {host}:{port}: {e.strerror}; choose another with --port"
        ) from e
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(house),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,  # whoever follows events is sent away
        )
    )
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="http", daemon=True
    )
    thread.start()
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _await_reading(house: House) -> None:
    """Until the read model has what the chain said before we began, or the patience is at its end.

    Who asks earlier hears that no registrar was ever admitted. A long chain is read behind the open
    door, and `/readyz` says so.
    """
    deadline = time.monotonic() + READING_SECONDS
    head = house.chain.head().number
    while time.monotonic() < deadline and not house.faults:
        reach = house.indexer.reach()
        if head < house.deployment.start_block or (reach is not None and reach.number >= head):
            break
        time.sleep(0.01)
    # What follows may have stopped on it already; who starts us is to hear it in its own words.
    with house.engine.connect() as connection:
        check_rules(connection)


def until_told() -> None:
    """Returns at SIGINT or SIGTERM. For the main thread alone."""
    told = threading.Event()
    before = {
        each: signal.signal(each, lambda *_: told.set()) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        told.wait()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _deploy(settings: Settings, staff: Staff, url: str) -> None:
    # A deployment mostly waits for blocks; what is needed afterwards can be imported meanwhile.
    threading.Thread(target=import_module, args=("registry.api",), daemon=True).start()
    journal = settings.data / "deployment.journal"
    deployment: Deployment = deploy(Chain(url), staff.owner, staff.plan(), journal)
    deployment.save(settings.deployment)
