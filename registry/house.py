"""One running registry: its parts, opened together, running together, closed together.

Four stores: the chain, the outbox and the documents are precious; the read model can be thrown away.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine

from registry import notices
from registry.chain import Chain, RpcError
from registry.checkpoints import Checkpoints
from registry.database import open_read_model
from registry.deployment import Deployment, check, check_rules
from registry.documents import Documents
from registry.errors import RegistryError
from registry.indexer import Indexer, Step, compare_tips, newest
from registry.intake import Intake
from registry.outbox import Outbox
from registry.relay import Relay
from registry.settings import Settings

log = structlog.get_logger()


@dataclass
class House:
    """The parts of a registry on one deployment; `relay` and `checkpoints` where it has their keys."""

    settings: Settings
    chain: Chain
    deployment: Deployment
    engine: Engine
    indexer: Indexer
    outbox: Outbox
    documents: Documents
    intake: Intake
    checkpoints: Checkpoints
    relay: Relay | None = None
    faults: dict[str, str] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @staticmethod
    def open(
        settings: Settings,
        url: str,
        *,
        relay_key: bytes | None = None,
        checkpoint_key: bytes | None = None,
    ) -> "House":
        """Opens all stores; checks that the node is the deployment's and its rules are ours.

        Raises: WrongChain; WrongRules, as far as the chain was read before; NotFound.
        """
        chain = Chain(url)
        deployment = Deployment.load(settings.deployment)
        check(chain, deployment)
        engine = open_read_model(settings.read_db)
        indexer = Indexer(chain, deployment, engine, finality=settings.finality)
        with engine.connect() as connection:
            check_rules(connection)
        outbox = Outbox.open(settings.outbox_db)
        documents = Documents.open(
            settings.documents,
            key_file=settings.keys / "documents.key",
            limit=settings.document_bytes,
            reserve=settings.reserved_bytes,
        )
        relay = None
        if relay_key is not None:
            relay = Relay(chain, deployment, outbox, relay_key, settings)
        return House(
            settings=settings,
            chain=chain,
            deployment=deployment,
            engine=engine,
            indexer=indexer,
            outbox=outbox,
            documents=documents,
            intake=Intake(settings, chain, deployment, engine, outbox, documents),
            checkpoints=Checkpoints.open(
                settings.checkpoints_db, checkpoint_key, deployment.domain("Registrars")
            ),
            relay=relay,
        )

    def start(self) -> None:
        """Starts following the chain and, with its key, relaying."""
        self._run("indexer", self._follow)
        if self.relay is not None:
            self._run("relay", lambda: self.relay.run(self._stop))  # type: ignore[union-attr]

    def close(self) -> None:
        """Stops all threads and closes all stores; what was received stays received."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=20)
        self.outbox.close()
        self.documents.close()
        self.checkpoints.close()
        self.engine.dispose()

    def follow_once(self) -> Step:
        """One step of the indexer, with what hangs on it: notices and checkpoints."""
        step = self.indexer.step()
        if step is Step.EXTENDED:
            with self.engine.connect() as connection:
                check_rules(connection)
            notices.enter_new(self.engine, self.documents)
            self._sign_checkpoint()
        return step

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                step = self.follow_once()
                self.faults.pop("indexer", None)
            except RegistryError as e:
                if e.status != 503:
                    raise
                self.faults["indexer"] = e.detail
                self._stop.wait(1.0)
                continue
            if step is Step.NOTHING_NEW:
                # Who waits for an act of ours should not wait for us.
                self._stop.wait(0.004 if self.outbox.waiting() else 0.02)
            elif step is Step.EXTENDED:
                self._compare()

    def _compare(self) -> None:
        """Proves that what was read is complete. Raises: Mismatch."""
        with self.engine.connect() as connection:
            try:
                compare_tips(self.chain, self.deployment, connection)
            except RpcError:
                return  # the block was replaced meanwhile; the next step will see it

    def _sign_checkpoint(self) -> None:
        with self.engine.connect() as connection:
            reach = newest(connection)
        if reach is None:
            return
        number = reach.number - self.settings.finality
        block = self.chain.block(number) if number >= 0 else None
        if block is not None:
            self.checkpoints.sign_final(block)

    def _run(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as e:
                # The thread ends and readiness says why: to go on would be to read or send on a guess.
                self.faults[name] = f"{type(e).__name__}: {e}"
                log.exception("house.stopped", part=name)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)
