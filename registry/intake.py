"""Taking in a signed act: check all that can be checked, then keep it for good, then say so.

Nothing is stored before every check has passed; once `receive` has returned, the act is on the disk.
"""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine

from registry.bodies import json_object, malformed, parse, signatures_of
from registry.chain import Chain, Reverted
from registry.deployment import Deployment
from registry.directory import Directory, KeptDirectory
from registry.documents import Documents, Opening
from registry.errors import (
    BadSignature,
    Conflict,
    Flaw,
    Malformed,
    NotAllowed,
    NotFound,
    RegistryError,
    Unavailable,
    WouldRevert,
)
from registry.hashes import canonical, content_hash, from_hex
from registry.messages import Bytes32, Message, Signer, message_types
from registry.outbox import Outbox, Submission
from registry.registrations import questions
from registry.registrations.acts import INITIAL, File, commitment
from registry.rules import forms, profiles
from registry.settings import Settings
from registry.signatures import recover

MAGIC_1271 = bytes.fromhex("1626ba7e")


class Papers(BaseModel):
    """What opens the commitment of a filing: the salt, the fingerprint's root and the form itself."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    salt: Bytes32
    fingerprint: Bytes32
    form: dict[str, Any]


@dataclass(frozen=True)
class Parcel:
    """A checked act with its signatures and, for a filing, its papers."""

    message: Message
    digest: str
    signatures: tuple[str, ...]
    calldata: bytes
    papers: Papers | None
    form: bytes = b""


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
        self._keeping = threading.Lock()
        self._kept_directory = KeptDirectory()
        self.types = {each.__name__: each for each in message_types() if "verb" in vars(each)}

    def type(self, name: str) -> type[Message]:
        """The message class of this name. Raises: NotFound."""
        try:
            return self.types[name]
        except KeyError:
            known = ", ".join(sorted(self.types))
            raise NotFound(f"no message type {name}; there are {known}") from None

    def receive(self, name: str, body: bytes) -> Submission:
        """Checks and keeps one act. Raises: any refusal; then nothing was kept and nothing sent."""
        found = self._check(name, json_object(body))
        if isinstance(found, Submission):
            return found
        self._simulate(found)
        kept = self._keep([found])[0]
        if isinstance(kept, RegistryError):
            raise kept
        return kept

    def receive_many(self, lines: list[bytes]) -> list[Submission | RegistryError]:
        """Checks many acts, each line `{"type": ..., ...}`, and keeps the sound ones in one commit."""
        results: list[Submission | RegistryError | Parcel] = []
        for line in lines:
            try:
                value = json_object(line)
                name = value.pop("type", None)
                if not isinstance(name, str):
                    raise malformed("/type", "missing", "expected the name of a message type")
                results.append(self._check(name, value))
            except RegistryError as e:
                results.append(e)
        parcels = [each for each in results if isinstance(each, Parcel)]
        kept = iter(self._keep(parcels))
        return [next(kept) if isinstance(each, Parcel) else each for each in results]

    def _check(self, name: str, value: dict[str, Any]) -> Parcel | Submission:
        message_type = self.type(name)
        unknown = set(value) - {"message", "signatures", "papers"}
        if unknown:
            raise Malformed(
                "unknown members",
                flaws=tuple(
                    Flaw(f"/{each}", "unknown", "no such member") for each in sorted(unknown)
                ),
            )
        message = parse(message_type, value.get("message"), "/message")
        signatures = signatures_of(value.get("signatures"), len(message.signers()))
        digest = message.digest(self.deployment.domain(message.contract))
        known = self.outbox.find(digest)
        if known is not None:
            return known
        self._check_deadline(message)
        self._check_signatures(message, digest, signatures)
        papers, form = None, b""
        if isinstance(message, File):
            papers = parse(Papers, value.get("papers"), "/papers")
            form = self._check_filing(message, papers)
        elif "papers" in value:
            raise malformed("/papers", "unknown", f"{name} takes no papers")
        filings = self._witnesses(message)
        call = message.calldata(signatures, filings)
        return Parcel(message, digest, signatures, call, papers, form)

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

    def _check_signatures(self, message: Message, digest: str, signatures: tuple[str, ...]) -> None:
        for place, (signer, signature) in enumerate(
            zip(message.signers(), signatures, strict=True)
        ):
            address = self._address(signer)
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

    def _address(self, signer: Signer) -> str:
        if signer.kind == "key":
            return signer.id
        if int(signer.id, 16) >> 160:
            raise malformed(
                "/message", "party", f"{signer.id} is no party: it has more than 160 bits"
            )
        return self._directory().key_of(signer.id)

    def _directory(self) -> Directory:
        with self.engine.connect() as connection:
            return self._kept_directory.read(connection)

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
        except Reverted:
            return False
        return len(answer) >= 32 and answer[:32] == MAGIC_1271 + bytes(28)

    def _check_filing(self, message: File, papers: Papers) -> bytes:
        """The form in canonical bytes, which the commitment binds."""
        profile = profiles.load_by_number(message.profile)
        form = _checked_form(papers.form, profile)
        if message.kind != INITIAL:
            raise malformed(
                "/message/kind", "kind", f"got {message.kind}, expected INITIAL {INITIAL}"
            )
        self._check_claims(message, form)
        content = canonical(papers.form)
        opened = commitment(
            salt=papers.salt,
            fingerprint=papers.fingerprint,
            form=content_hash(content),
            parties=message.parties(),
            chain_id=self.deployment.chain_id,
            registrations=self.deployment.contracts["Registrations"],
        )
        if opened != message.data:
            raise malformed(
                "/message/data", "commitment", f"the papers open {opened}, not {message.data}"
            )
        self._check_registrar(message)
        return content

    def _check_claims(self, message: File, form: forms.InitialForm) -> None:
        claimed = tuple((claim.party, claim.rights) for claim in message.claims)
        stated = tuple((party, int(rights)) for party, rights in forms.claims(form))
        if claimed != stated:
            raise malformed(
                "/message/claims",
                "allocation",
                f"expected what the form allocates, in ascending order of party: {stated}",
            )

    def _check_registrar(self, message: File) -> None:
        directory = self._directory()
        keys = {directory.key_of(party) for party in message.parties()}
        found = directory.registrars.get(message.registrar)
        if found is None or found.is_suspended:
            raise NotAllowed(
                f"registrar {message.registrar:03d} is "
                + ("not in the directory" if found is None else "suspended"),
                flaws=(Flaw("/message/registrar", "registrar", "expected an admitted registrar"),),
            )
        if keys & set(found.officers):
            raise NotAllowed(
                "a registrar may not be an applicant in its own registry",
                flaws=(Flaw("/message/claims", "registrar_is_applicant", "guide art. 10(7)"),),
            )

    def _check_first(self, message: File, fingerprint: str) -> None:
        """Refuses a party's second filing of the same data (guide arts. 33, 39); another party's is sound."""
        for earlier in self.documents.filings_of(fingerprint):
            with self.engine.connect() as connection:
                try:
                    standing = questions.registration(connection, earlier)
                except NotFound:
                    standing = None
            if standing is not None and standing.state.name in (
                "REFUSED",
                "TERMINATED",
                "WITHDRAWN",
            ):
                continue
            opening = self.documents.opening(earlier)
            again = set(opening.parties) & set(message.parties())
            if again:
                raise Conflict(
                    f"this party filed the same data before, as {earlier}",
                    flaws=(Flaw("/papers/fingerprint", "filed_before", earlier),),
                )

    def _witnesses(self, message: Message) -> tuple[Message, ...]:
        """The File messages that an act needs: from the chain's facts, or unfiled ones from the outbox."""
        if message.witness == "none":
            return ()
        values = message.model_dump()
        ids = values["registrations"] if message.witness == "filings" else (values["registration"],)
        return tuple(self._filing(id) for id in ids)

    def _filing(self, id: str) -> File:
        with self.engine.connect() as connection:
            try:
                return questions.filing(connection, id)
            except NotFound:
                kept = self.outbox.find(id)
                if kept is None or kept.type != "File":
                    raise
                return File.model_validate_json(json.dumps(kept.message))

    def _simulate(self, parcel: Parcel) -> None:
        target = self.deployment.contracts[parcel.message.contract]
        try:
            # Pending: a quiet chain's newest block may be older than the notice that has ended since.
            self.chain.call(target, parcel.calldata, at="pending")
        except Reverted as e:
            raise WouldRevert(
                f"{e.detail}; the signature stays executable until {parcel.message.deadline}",
                flaws=(Flaw("/message", e.error, e.detail),),
            ) from e
        except Unavailable:
            # The chain does not answer: the act is sound as far as we can tell, and it will wait.
            return

    def _keep(self, parcels: list[Parcel]) -> list[Submission | RegistryError]:
        """Papers first, then the acts: dying between leaves papers that nothing names, never the reverse."""
        refused: dict[str, RegistryError] = {}
        with self._keeping:
            with self.documents.together():
                for parcel in parcels:
                    try:
                        self._keep_papers(parcel)
                    except Conflict as e:
                        refused[parcel.digest] = e
            sound = [parcel for parcel in parcels if parcel.digest not in refused]
            kept = self.outbox.receive(*map(_submission, sound)) if sound else []
        held = {each.digest: each for each in kept}
        return [refused.get(each.digest) or held[each.digest] for each in parcels]

    def _keep_papers(self, parcel: Parcel) -> None:
        if parcel.papers is None or not isinstance(parcel.message, File):
            return
        # Here, where one thread is at a time: two filings of the same data may arrive together.
        self._check_first(parcel.message, parcel.papers.fingerprint)
        form = self.documents.put(parcel.form)
        self.documents.keep_opening(
            Opening(
                registration=parcel.digest,
                data=parcel.message.data,
                salt=parcel.papers.salt,
                fingerprint_root=parcel.papers.fingerprint,
                form=form,
                parties=parcel.message.parties(),
            )
        )


def _submission(parcel: Parcel) -> Submission:
    return Submission(
        digest=parcel.digest,
        type=type(parcel.message).__name__,
        message=parcel.message.model_dump(mode="json"),
        signatures=parcel.signatures,
        contract=parcel.message.contract,
        calldata=parcel.calldata,
        deadline=parcel.message.deadline,
        received_at=int(time.time()),
    )


def _checked_form(value: dict[str, Any], profile: profiles.Profile) -> forms.InitialForm:
    try:
        return forms.check(value, profile=profile)
    except RegistryError as e:
        # The form knows its own members; in a body they lie below /papers/form.
        flaws = (Flaw(f"/papers/form{f.pointer}", f.rule, f.detail) for f in e.flaws)
        raise type(e)(e.detail, flaws=tuple(flaws)) from e
