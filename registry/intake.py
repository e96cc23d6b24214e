"""Taking in a signed act: check all that can be checked, then keep it for good, then say so.

Nothing is stored before every check has passed; once `receive` has returned, the act is on the disk.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine

from registry import enclosures, envelopes
from registry.bodies import json_object, malformed, parse
from registry.casework import review as casework
from registry.chain import Chain, Reverted, RpcError
from registry.deployment import Deployment
from registry.directory import Directory, KeptDirectory
from registry.documents import Documents, Enclosure, Opening
from registry.envelopes import Envelope
from registry.errors import (
    BadSignature,
    Conflict,
    Flaw,
    NotAllowed,
    NotFound,
    RegistryError,
    Unavailable,
    WouldRevert,
)
from registry.firsts import Firsts
from registry.hashes import from_hex
from registry.indexer import newest
from registry.messages import Message, Signer, Void, voiding_at
from registry.objections import papers as disputed
from registry.objections import questions as disputes
from registry.objections import review as dispute_review
from registry.outbox import Outbox, Submission
from registry.registrations import filing, questions, review
from registry.registrations.acts import INITIAL, File
from registry.registrations.filing import Papers
from registry.relay.batches import Limits, rehearsals
from registry.rights import review as right_review
from registry.settings import Settings
from registry.signatures import recover

P = ParamSpec("P")
T = TypeVar("T")

MAGIC_1271 = bytes.fromhex("1626ba7e")


@dataclass(frozen=True)
class Surroundings:
    """What the chain has said that acts are judged by; `halted_until` is in Unix seconds."""

    directory: Directory
    halted_until: int


@dataclass(frozen=True)
class Parcel:
    """A checked act as it will be kept, and what came with it: a filing's papers, an objection's, or an act's."""

    message: Message
    submission: Submission
    papers: Papers | disputed.Papers | None = None
    form: bytes = b""
    warnings: tuple[Flaw, ...] = ()
    enclosure: Enclosure | None = None

    @property
    def digest(self) -> str:
        return self.submission.digest


@dataclass(frozen=True)
class Received:
    """What we hold of an act, and what we advise against in the form of a filing."""

    submission: Submission
    warnings: tuple[Flaw, ...] = ()


class Intake:
    """The door for signed acts. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        chain: Chain,
        deployment: Deployment,
        engine: Engine,
        outbox: Outbox,
        documents: Documents,
    ) -> None:
        self.settings = settings
        self.chain = chain
        self.deployment = deployment
        self.engine = engine
        self.outbox = outbox
        self.documents = documents
        self.limits = Limits(settings.batch_acts, settings.batch_bytes, settings.batch_gas)
        self.firsts = Firsts(documents, engine, outbox)
        self._keeping = threading.Lock()
        self._kept_directory = KeptDirectory()

    def receive(self, name: str, body: bytes) -> Received:
        """Checks and keeps one act. Raises: any refusal; then nothing was kept and nothing sent.

        A repeat changes nothing, but papers that did not come with an act the first time may come now.
        """
        envelope = envelopes.opened(name, json_object(body), self.deployment)
        known = self.outbox.find(envelope.digest)
        if known is not None:
            enclosed = self._enclosed(envelope)
            if enclosed is not None:
                self.documents.keep_enclosure(enclosed)
            return self._again(envelope, known)
        parcel = self._check(envelope, self._look_around())
        self._rehearse_alone(parcel)
        kept = self._keep([parcel])[0]
        if isinstance(kept, RegistryError):
            raise kept
        return kept

    def receive_many(self, lines: Sequence[bytes]) -> list[Received | RegistryError]:
        """Checks many acts, each line `{"type": ..., ...}`, and keeps the sound ones in one commit.

        Acts on one contract are rehearsed together, each upon those before it.
        """
        found: list[Envelope | Parcel | Received | RegistryError] = [
            _or_refusal(envelopes.opened_line, line, self.deployment) for line in lines
        ]
        known = self.outbox.held([each.digest for each in found if isinstance(each, Envelope)])
        surroundings = self._look_around()
        for place, each in enumerate(found):
            if isinstance(each, Envelope) and each.digest in known:
                found[place] = self._again(each, known[each.digest])
            elif isinstance(each, Envelope):
                checked = _or_refusal(self._check, each, surroundings)
                found[place] = checked
        # By digest: a line that stands twice is one act, and must not be judged upon itself.
        parcels = {each.digest: each for each in found if isinstance(each, Parcel)}
        refused = self._rehearse([*parcels.values()])
        sound = [each for digest, each in parcels.items() if digest not in refused]
        kept = dict(zip((each.digest for each in sound), self._keep(sound), strict=True))
        return [
            refused.get(each.digest) or kept[each.digest] if isinstance(each, Parcel) else each
            for each in found
            if not isinstance(each, Envelope)
        ]

    def _check(self, envelope: Envelope, surroundings: Surroundings) -> Parcel:
        message, digest, signatures = envelope.message, envelope.digest, envelope.signatures
        self._check_deadline(message)
        self._check_signatures(message, digest, signatures, surroundings.directory)
        given: Papers | disputed.Papers | None = None
        checked = filing.Checked(b"", ())
        if isinstance(message, File):
            given = parse(Papers, envelope.papers, "/papers")
            with self.engine.connect() as connection:
                checked = filing.check(
                    message,
                    given,
                    surroundings.directory,
                    self.documents,
                    connection,
                    chain_id=self.deployment.chain_id,
                    registrations=self.deployment.contracts["Registrations"],
                )
            if surroundings.halted_until >= time.time():
                raise NotAllowed(
                    f"filings are halted until {surroundings.halted_until} (Unix seconds)"
                )
        elif type(message) in disputed.COMMITTED:
            domain = self.deployment.domain(message.contract)
            given = disputed.checked(message, envelope.papers, self.documents, domain=domain)
        elif isinstance(message, Void):
            self._check_voided(message)
        with self.engine.connect() as connection:
            review.check(message, self.documents, connection)
            right_review.check(message, connection)
            dispute_review.check(message, connection, now=int(time.time()))
            casework.check(message, surroundings.directory, connection, now=int(time.time()))
        enclosed = self._enclosed(envelope, given)
        act = Submission(
            digest=digest,
            type=type(message).__name__,
            message=message.model_dump(mode="json"),
            signatures=signatures,
            contract=message.contract,
            calldata=message.calldata(signatures, self._witnesses(message)),
            deadline=message.deadline,
            received_at=int(time.time()),
        )
        return Parcel(message, act, given, checked.form, checked.warnings, enclosed)

    def _enclosed(
        self, envelope: Envelope, given: Papers | disputed.Papers | None = None
    ) -> Enclosure | None:
        """What came with an act that is no filing."""
        message, digest = envelope.message, envelope.digest
        if isinstance(message, File):
            return None
        with self.engine.connect() as connection:
            if type(message) in disputed.COMMITTED:
                if not isinstance(given, disputed.Papers):
                    return None
                return enclosures.of(message, digest, given.tickets, connection)
            tickets = enclosures.checked(message, envelope.papers, self.documents)
            return enclosures.of(message, digest, tickets, connection) if tickets else None

    def _again(self, envelope: Envelope, known: Submission) -> Received:
        message = envelope.message
        if not isinstance(message, File):
            return Received(known)
        return Received(known, filing.warnings(known.digest, message, self.documents))

    def _check_voided(self, message: Void) -> None:
        """That what we hold of the act, if anything, is one which this voiding can take back."""
        held = self.outbox.find(message.act)
        if held is None:
            return
        if held.type == File.__name__:
            raise malformed("/message/act", "filing", "a filing is withdrawn, at step 0 before it")
        if held.contract != message.contract:
            fitting = voiding_at(held.contract).__name__
            detail = f"{message.act} is for {held.contract}: sign a {fitting}"
            raise malformed("/message/act", "contract", detail)

    def _check_deadline(self, message: Message) -> None:
        now = int(time.time())
        if message.deadline <= now:
            raise malformed(
                "/message/deadline", "expired", f"got {message.deadline}, it is {now} already"
            )
        longest = now + self.settings.longest_deadline
        if message.deadline > longest:
            raise malformed(
                "/message/deadline",
                "too_late",
                f"got {message.deadline}, expected at most {longest}: "
                "a refused act stays executable until its deadline",
            )

    def _check_signatures(
        self, message: Message, digest: str, signatures: tuple[str, ...], directory: Directory
    ) -> None:
        for place, (signer, signature) in enumerate(
            zip(message.signers(), signatures, strict=True)
        ):
            address = _address(signer, directory)
            try:
                recovered = recover(digest, signature)
                reason = f"signed by {recovered}, expected {address}"
            except BadSignature as e:
                recovered, reason = None, e.detail
            if recovered == address or self._accepts(address, digest, signature):
                continue
            raise BadSignature(
                f"signature {place}: {reason}",
                flaws=(Flaw(f"/signatures/{place}", "signature", reason),),
            )

    def _look_around(self) -> Surroundings:
        with self.engine.connect() as connection:
            if newest(connection) is None:
                raise Unavailable("nothing was read from the chain yet; ask again in a moment")
            directory = self._kept_directory.read(connection)
            return Surroundings(directory, questions.halted_until(connection))

    def _accepts(self, address: str, digest: str, signature: str) -> bool:
        """Whether the contract behind an address accepts the signature (ERC-1271)."""
        raw = from_hex(signature)
        data = (
            MAGIC_1271
            + from_hex(digest)
            + (64).to_bytes(32, "big")
            + len(raw).to_bytes(32, "big")
            + raw
            + bytes(-len(raw) % 32)
        )
        try:
            answer = self.chain.call(address, data)
        except (Reverted, RpcError):  # a precompile, or an account that burns all gas
            return False
        return len(answer) >= 32 and answer[:32] == MAGIC_1271 + bytes(28)

    def _witnesses(self, message: Message) -> tuple[Message, ...]:
        """The messages that an act needs: from the chain's facts, or unfiled ones from the outbox."""
        if message.witness == "none":
            return ()
        values = message.model_dump()
        if message.witness == "opening":
            with self.engine.connect() as connection:
                return (disputes.opening(connection, values["objection"]),)
        ids = values["registrations"] if message.witness == "filings" else (values["registration"],)
        with self.engine.connect() as connection:
            found = questions.filings(connection, ids)
        for id in ids:
            if id not in found:
                kept = self.outbox.filing(id)
                if kept is None:
                    raise NotFound(f"no registration {id}")
                found[id] = kept
        return tuple(found[id] for id in ids)

    def _rehearse_alone(self, parcel: Parcel) -> None:
        target = self.deployment.contracts[parcel.message.contract]
        try:
            # Pending: a quiet chain's newest block may be older than the notice that has ended since.
            self.chain.call(target, parcel.submission.calldata, at="pending")
        except Reverted as e:
            raise _would_revert(parcel.message.deadline, e) from e
        except Unavailable:
            # The chain does not answer: the act is sound as far as we can tell, and it will wait.
            return

    def _rehearse(self, parcels: Sequence[Parcel]) -> dict[str, RegistryError]:
        """Those that would revert, by digest.

        Filings alone are not rehearsed: they hang on no record, and each of their guards was checked.
        """
        if all(isinstance(parcel.message, File) for parcel in parcels):
            return {}
        refused: dict[str, RegistryError] = {}
        for batch in rehearsals([parcel.submission for parcel in parcels], self.limits):
            try:
                faults = self.chain.rehearse(
                    self.deployment.contracts["Batch"],
                    self.deployment.contracts[batch.contract],
                    batch.limit,
                    [act.calldata for act in batch.acts],
                )
            # As above: what is sound as far as we can tell will wait; here, too, when the node has
            # not gas enough for all of them in one call.
            except (Unavailable, RpcError, Reverted):
                break
            for act, fault in zip(batch.acts, faults, strict=True):
                if fault is not None:
                    refused[act.digest] = _would_revert(act.deadline, fault)
        return refused

    def _keep(self, parcels: list[Parcel]) -> list[Received | RegistryError]:
        """Papers first, then the acts: dying between leaves papers that nothing names, never the reverse."""
        refused: dict[str, RegistryError] = {}
        with self._keeping:
            with self.documents.together():
                beside: set[str] = set()
                for parcel in parcels:
                    try:
                        self._keep_papers(parcel, beside)
                        beside.add(parcel.digest)
                    except Conflict as e:
                        refused[parcel.digest] = e
            sound = [parcel for parcel in parcels if parcel.digest not in refused]
            kept = self.outbox.receive(*(parcel.submission for parcel in sound)) if sound else []
        held = {each.digest: each for each in kept}
        return [
            refused.get(each.digest) or Received(held[each.digest], each.warnings)
            for each in parcels
        ]

    def _keep_papers(self, parcel: Parcel, beside: set[str]) -> None:
        if isinstance(parcel.papers, disputed.Papers):
            disputed.keep(parcel.digest, parcel.papers, self.documents)
        if parcel.enclosure is not None:
            self.documents.keep_enclosure(parcel.enclosure)
        if not isinstance(parcel.papers, Papers) or not isinstance(parcel.message, File):
            return
        # Here, where one thread is at a time: two filings of the same data may arrive together.
        if parcel.message.kind == INITIAL:
            self.firsts.check(parcel.digest, parcel.message, parcel.papers.fingerprint, beside)
        form = self.documents.put_form(parcel.form)
        self.documents.keep_opening(
            Opening(
                registration=parcel.digest,
                data=parcel.message.data,
                salt=parcel.papers.salt,
                fingerprint_root=parcel.papers.fingerprint,
                form=form,
                parties=parcel.message.parties(),
                documents=tuple(sorted(parcel.papers.tickets)),
            )
        )


def _or_refusal(work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T | RegistryError:
    try:
        return work(*arguments, **more)
    except RegistryError as e:
        return e


def _address(signer: Signer, directory: Directory) -> str:
    if signer.kind == "key":
        return signer.id
    if int(signer.id, 16) >> 160:
        raise malformed("/message", "party", f"{signer.id} is no party: it has more than 160 bits")
    return directory.key_of(signer.id)


def _would_revert(deadline: int, fault: Reverted) -> WouldRevert:
    return WouldRevert(
        f"{fault.detail}; the signature stays executable until {deadline}",
        flaws=(Flaw("/message", fault.error, fault.detail),),
    )
