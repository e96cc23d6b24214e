"""Taking in a signed act: check all that can be checked, then keep it for good, then say so.

Nothing is stored before every check has passed; once `receive` has returned, the act is on the disk.
"""

import json
import time
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Engine

from registry import parties, registrars
from registry.chain import Chain, Reverted
from registry.deployment import Deployment
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

DEEPEST = 16
MAGIC_1271 = bytes.fromhex("1626ba7e")


Model = TypeVar("Model", bound=BaseModel)


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
        parcel_or_known = self._check(name, _json(body))
        if isinstance(parcel_or_known, Submission):
            return parcel_or_known
        self._simulate(parcel_or_known)
        return self._keep([parcel_or_known])[0]

    def receive_many(self, lines: list[bytes]) -> list[Submission | RegistryError]:
        """Checks many acts, each line `{"type": ..., ...}`, and keeps the sound ones in one commit."""
        results: list[Submission | RegistryError | Parcel] = []
        for line in lines:
            try:
                value = _json(line)
                name = value.pop("type", None)
                if not isinstance(name, str):
                    raise _malformed("/type", "missing", "expected the name of a message type")
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
        message = _parse(message_type, value.get("message"), "/message")
        signatures = _signatures(value.get("signatures"), len(message.signers()))
        digest = message.digest(self.deployment.domain(message.contract))
        known = self.outbox.find(digest)
        if known is not None:
            return known
        self._check_deadline(message)
        self._check_signatures(message, digest, signatures)
        papers = None
        if isinstance(message, File):
            papers = _parse(Papers, value.get("papers"), "/papers")
            self._check_filing(message, papers)
        elif "papers" in value:
            raise _malformed("/papers", "unknown", f"{name} takes no papers")
        filings = self._witnesses(message)
        return Parcel(message, digest, signatures, message.calldata(signatures, filings), papers)

    def _check_deadline(self, message: Message) -> None:
        now = int(time.time())
        if message.deadline <= now:
            raise _malformed(
                "/message/deadline", "expired", f"got {message.deadline}, it is {now} already"
            )
        longest = now + self.settings.longest_deadline
        if message.deadline > longest:
            raise _malformed(
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
            raise _malformed(
                "/message", "party", f"{signer.id} is no party: it has more than 160 bits"
            )
        with self.engine.connect() as connection:
            return parties.key_of(connection, signer.id)

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

    def _check_filing(self, message: File, papers: Papers) -> None:
        profile = profiles.load_by_number(message.profile)
        form = _checked_form(papers.form, profile)
        if message.kind != INITIAL:
            raise _malformed(
                "/message/kind", "kind", f"got {message.kind}, expected INITIAL {INITIAL}"
            )
        self._check_claims(message, form)
        opened = commitment(
            salt=papers.salt,
            fingerprint=papers.fingerprint,
            form=content_hash(canonical(papers.form)),
            parties=message.parties(),
            chain_id=self.deployment.chain_id,
            registrations=self.deployment.contracts["Registrations"],
        )
        if opened != message.data:
            raise _malformed(
                "/message/data", "commitment", f"the papers open {opened}, not {message.data}"
            )
        self._check_registrar(message)
        self._check_first(message, papers.fingerprint)

    def _check_claims(self, message: File, form: forms.InitialForm) -> None:
        claimed = tuple((claim.party, claim.rights) for claim in message.claims)
        stated = tuple((party, int(rights)) for party, rights in forms.claims(form))
        if claimed != stated:
            raise _malformed(
                "/message/claims",
                "allocation",
                f"expected what the form allocates, in ascending order of party: {stated}",
            )

    def _check_registrar(self, message: File) -> None:
        with self.engine.connect() as connection:
            directory = registrars.registrars(connection)
            keys = {parties.key_of(connection, party) for party in message.parties()}
        found = directory.get(message.registrar)
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
            self.chain.call(target, parcel.calldata)
        except Reverted as e:
            raise WouldRevert(
                f"{e.detail}; the signature stays executable until {parcel.message.deadline}",
                flaws=(Flaw("/message", e.error, e.detail),),
            ) from e
        except Unavailable:
            # The chain does not answer: the act is sound as far as we can tell, and it will wait.
            return

    def _keep(self, parcels: list[Parcel]) -> list[Submission]:
        for parcel in parcels:
            if parcel.papers is not None and isinstance(parcel.message, File):
                form = self.documents.put(canonical(parcel.papers.form))
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
        now = int(time.time())
        return self.outbox.receive(
            *(
                Submission(
                    digest=parcel.digest,
                    type=type(parcel.message).__name__,
                    message=parcel.message.model_dump(mode="json"),
                    signatures=parcel.signatures,
                    contract=parcel.message.contract,
                    calldata=parcel.calldata,
                    deadline=parcel.message.deadline,
                    received_at=now,
                )
                for parcel in parcels
            )
        )


def _checked_form(value: dict[str, Any], profile: profiles.Profile) -> forms.InitialForm:
    try:
        return forms.check(value, profile=profile)
    except RegistryError as e:
        # The form knows its own members; in a body they lie below /papers/form.
        flaws = (Flaw(f"/papers/form{f.pointer}", f.rule, f.detail) for f in e.flaws)
        raise type(e)(e.detail, flaws=tuple(flaws)) from e


def _json(body: bytes) -> dict[str, Any]:
    """A JSON object, of bounded depth, without repeated members. Raises: Malformed."""
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as e:
        raise _malformed("", "json", f"not JSON: {e}") from e
    if not isinstance(value, dict):
        raise _malformed("", "json", "expected an object")
    if _depth(value) > DEEPEST:
        raise _malformed("", "depth", f"nested deeper than {DEEPEST}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is repeated")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _depth(value: Any) -> int:
    deepest, row = 0, [value]
    while row:
        deepest += 1
        row = [
            child
            for each in row
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return deepest


def _parse(model: type[Model], value: Any, pointer: str) -> Model:
    if value is None:
        raise _malformed(pointer, "missing", "expected this member")
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as e:
        raise Malformed(
            f"{len(e.errors())} faults in {pointer}",
            flaws=tuple(
                Flaw(
                    pointer + "".join(f"/{part}" for part in each["loc"]),
                    each["type"],
                    each["msg"],
                )
                for each in e.errors(include_url=False, include_input=False)
            ),
        ) from e


def parse_body(model: type[Model], body: bytes) -> Model:
    """A request body as a model, with depth, repeats and unknown members checked. Raises: Malformed."""
    return _parse(model, _json(body), "")


def _signatures(value: Any, expected: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) != expected:
        raise _malformed("/signatures", "number", f"expected a list of {expected}")
    for place, each in enumerate(value):
        try:
            from_hex(each)
        except (ValueError, AttributeError) as e:
            raise _malformed(f"/signatures/{place}", "hex", "expected 0x and hex digits") from e
    return tuple(value)


def _malformed(pointer: str, rule: str, detail: str) -> Malformed:
    return Malformed(detail, flaws=(Flaw(pointer, rule, detail),))
