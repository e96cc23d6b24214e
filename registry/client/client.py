"""The client: one method a wish."""

import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from registry.client.calling import Line, Pending
from registry.client.receipts import Papers, Receipt
from registry.erasure import Erase
from registry.errors import BadSignature, Conflict, Malformed, NotFound, Unavailable, WrongChain
from registry.fingerprint import fingerprint
from registry.hashes import canonical, content_hash, to_hex
from registry.messages import ZERO, Domain, Message, Signer, party_of
from registry.objections.papers import ReadObjection
from registry.reading import Read
from registry.registrations.acts import Claim, File, commitment
from registry.rules import applications, profiles
from registry.rules.rights import Right, parse

HOUR = 3600
Signed = Message | Read | ReadObjection | Erase
# Requests to read or to erase are no messages of the chain; they share the domain of these.
SPOKEN_BY = {"Read": "File", "Erase": "File", "ReadObjection": "Contest"}
ORDER = ("received", "included", "final")


class SigningKey(Protocol):
    """Who can sign: `registry.keys.Key`, or anything that keeps its secret better."""

    @property
    def address(self) -> str: ...

    def sign(self, digest: str) -> str: ...


class Client:
    """A registry by its URL. `papers` is the folder that keeps what opens your filings.

    With a `trust` file (parsed), the registry must be the one it names: what you sign is bound to a
    chain and a contract, and only you can say which you meant.
    """

    def __init__(
        self,
        url: str,
        *,
        papers: Path = Path("papers"),
        trust: dict[str, Any] | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.line = Line(url, timeout)
        self.papers = papers
        self.trust = trust
        self._domains: dict[str, Domain] = {}
        self.tickets: dict[str, str] = {}

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    # Acting

    def file(
        self,
        path_or_fingerprint: Path | str,
        form: dict[str, Any],
        keys: SigningKey | Sequence[SigningKey],
        *,
        kind: str = "INITIAL",
        registrar: int = 990,
        profile: str = profiles.DEMO,
        lifetime: int = HOUR,
    ) -> Receipt:
        """Files an application for some data: a file, a folder, or a root known before as `0x` text.

        The form is that of its kind; of a later kind it names the registration concerned.

        Reads the data here; salt, form and signatures are on this disk before they are sent, so that
        `send_again` can finish what a broken line interrupted. `lifetime` is the seconds that the
        signature stays executable. Raises: Malformed, NotAllowed before anything is signed; any
        refusal of the registry; Unavailable when it did not answer.
        """
        applications.parse(profiles.Kind[kind], form, profile=profiles.load(profile))
        root = path_or_fingerprint if isinstance(path_or_fingerprint, str) else None
        if root is None:
            root = fingerprint(Path(path_or_fingerprint)).root
        kept = self.prepare(
            root, form, keys, kind=kind, registrar=registrar, profile=profile, lifetime=lifetime
        )
        return self.send_again(kept.save(self.papers))

    def prepare(
        self,
        root: str,
        form: dict[str, Any],
        keys: SigningKey | Sequence[SigningKey],
        *,
        kind: str = "INITIAL",
        registrar: int = 990,
        profile: str = profiles.DEMO,
        lifetime: int = HOUR,
    ) -> Papers:
        """A signed filing that was neither checked nor kept nor sent. Raises: Malformed, BadSignature."""
        rules = profiles.load(profile)
        shape = applications.shape(profiles.Kind[kind], profile=rules)
        filled = shape.model_validate_json(canonical(form))
        subject = applications.subject(filled)
        held = {} if subject is None else self._held(subject)
        claims = tuple(
            Claim(party=party, rights=claimed)
            for party, claimed in applications.claims_to_sign(filled, held=held, profile=rules)
        )
        salt, domain = to_hex(secrets.token_bytes(32)), self.domain(File)
        data = commitment(
            salt=salt,
            fingerprint=root,
            form=content_hash(canonical(form)),
            parties=tuple(claim.party for claim in claims),
            chain_id=domain.chain_id,
            registrations=domain.contract,
        )
        message = File(
            claims=claims,
            data=data,
            subject=subject or ZERO,
            registrar=registrar,
            profile=rules.number,
            kind=profiles.Kind[kind],
            deadline=int(time.time()) + lifetime,
        )
        digest = message.digest(domain)
        signatures = self._signatures(message, digest, _several(keys))
        named = applications.documents(filled)
        tickets = {name: ticket for name, ticket in self.tickets.items() if name in named}
        return Papers(
            digest, message.model_dump(mode="json"), signatures, salt, root, form, tickets
        )

    def _held(self, registration: str) -> dict[str, Right]:
        entries = self.rights(registration=registration, limit=200)["rights"]
        return {each["holder"]: parse(each["rights"]) for each in entries}

    def send_again(self, papers: Path) -> Receipt:
        """Sends a filing whose papers are kept here; as often as you like, it is one filing."""
        return self.present(Papers.load(papers), papers)

    def present(self, filing: Papers, kept: Path | None = None) -> Receipt:
        """Sends a prepared filing; `kept` is where its papers are, if they are anywhere."""
        return _receipt(self.line.post("/v1/messages/File", filing.body()).json(), kept)

    def send(self, message: Message, *keys: SigningKey) -> Receipt:
        """Signs and sends any other act. Raises: BadSignature when a signer's key is not among `keys`."""
        return self.submit(message, self.sign(message, *keys))

    def sign(self, message: Signed, *keys: SigningKey) -> list[str]:
        """The signatures that the message needs, in its order."""
        return self._signatures(message, message.digest(self.domain(type(message))), keys)

    def submit(
        self, message: Message, signatures: list[str], *, papers: dict[str, Any] | None = None
    ) -> Receipt:
        """Sends an act, other than a filing, that was signed elsewhere; `papers` if it commits to any."""
        body: dict[str, Any] = {
            "message": message.model_dump(mode="json"),
            "signatures": signatures,
        }
        if papers is not None:
            body["papers"] = papers
        return _receipt(self.line.post(f"/v1/messages/{type(message).__name__}", body).json())

    def wait(self, digest: str, until: str = "final", timeout: float = 60.0) -> dict[str, Any]:
        """The submission once it has reached a state, or one behind it; `timeout` in seconds.

        What is final can be read: every question asked afterwards sees it. Outlives a registry that is
        restarted meanwhile. Raises: Conflict when the act was rejected,
        saying why; Pending when time is up; NotFound.
        """
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                for found in self.line.events(f"/v1/submissions/{digest}/events", timeout=left):
                    if found["state"] == "rejected":
                        why = found["error"]
                        told = f"{why['error']} {why['arguments']}"
                        raise Conflict(
                            f"the {found['type']} {digest} was rejected: {told}; it can be executed "
                            f"until {why['executable_until']}"
                        )
                    if ORDER.index(found["state"]) >= ORDER.index(until):
                        self._await_reading(found, deadline)
                        return found
                    if time.monotonic() > deadline:
                        break
            except Unavailable:
                time.sleep(min(0.2, left))
        raise Pending(f"{digest} was not {until} within {timeout:.0f} s; it goes on without us")

    def _await_reading(self, found: dict[str, Any], deadline: float) -> None:
        """The relay may see a block some milliseconds before the read model has it."""
        while found["state"] == "final" and time.monotonic() < deadline:
            try:
                read = self.line.get("/v1/registrations", limit=1)["as_of"]["block"]
            except NotFound:  # nothing was read yet
                read = -1
            if read >= found["block"]:
                return
            time.sleep(0.02)

    def document(self, data: bytes, *, media: str = "application/octet-stream") -> str:
        """Gives a paper or a sample to the registry, which encrypts it; its content's hash."""
        answer = self.line.post("/v1/documents", data, headers={"content-type": media}).json()
        if answer["hash"] != content_hash(data):
            raise Conflict(
                f"the registry calls {answer['hash']} what hashes to {content_hash(data)}"
            )
        self.tickets[answer["hash"]] = answer["ticket"]
        return str(answer["hash"])

    def read(
        self,
        registration: str,
        key: SigningKey,
        purpose: str,
        *,
        document: str = ZERO,
        lifetime: int = 300,
    ) -> dict[str, Any] | bytes:
        """The papers of a registration, or one document of it; who reads, and for what, is logged."""
        message = Read(
            registration=registration,
            document=document,
            purpose=purpose,
            reader=key.address,
            until=int(time.time()) + lifetime,
        )
        body = {"message": message.model_dump(mode="json"), "signature": self.sign(message, key)[0]}
        answer = self.line.post("/v1/read", body)
        if document == ZERO:
            return dict(answer.json())
        return bytes(answer.content)

    # Asking

    def submission(self, digest: str) -> dict[str, Any]:
        """What became of an act. Raises: NotFound."""
        return self.line.get(f"/v1/submissions/{digest}")

    def registration(self, id: str, *, at_block: int | None = None) -> dict[str, Any]:
        """A registration with `as_of` and `legal`. Raises: NotFound."""
        return self.line.get(f"/v1/registrations/{id}", at_block=at_block)

    def history(self, id: str) -> dict[str, Any]:
        """Its changes and the objections made to it."""
        return self.line.get(f"/v1/registrations/{id}/history")

    def casework(self, id: str, *, at_block: int | None = None) -> dict[str, Any]:
        """Every step of its case, with who, when, and the hash of its paper. Raises: NotFound."""
        return self.line.get(f"/v1/registrations/{id}/casework", at_block=at_block)

    def rights(
        self, *, holder: str | None = None, registration: str | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Rights in the order of their birth."""
        return self.line.get("/v1/rights", holder=holder, registration=registration, limit=limit)

    def right(self, id: str, *, at_block: int | None = None) -> dict[str, Any]:
        """What one party holds, what limits it, and until when. Raises: NotFound."""
        return self.line.get(f"/v1/rights/{id}", at_block=at_block)

    def timeline(self, right: str, *, at_block: int | None = None) -> dict[str, Any]:
        """The whole life of a right, each step with the article behind it. Raises: NotFound."""
        return self.line.get(f"/v1/rights/{right}/timeline", at_block=at_block)

    def deadlines(
        self, *, registrar: int | None = None, before: int | None = None
    ) -> dict[str, Any]:
        """The statutory clocks of open cases, first to end first; `before` is in Unix seconds."""
        return self.line.get("/v1/deadlines", registrar=registrar, before=before, limit=1000)

    def registrar(self, number: int) -> dict[str, Any]:
        """How a registrar stands, its steps with their articles, and who serves its records."""
        return self.line.get(f"/v1/registrars/{number:03d}")

    def party(self, id: str) -> dict[str, Any]:
        """The key that signs for a party, its step, and the key that is proposed for it."""
        return self.line.get(f"/v1/parties/{quote(id, safe='')}")

    def certificate(self, code: str) -> dict[str, Any]:
        """Raises: NotFound."""
        return self.line.get(f"/v1/certificates/{quote(code, safe='')}")

    def bundle(self, code: str, *, papers: Path | None = None) -> dict[str, Any]:
        """What an offline check needs; with your `papers` it also opens the commitment."""
        found = self.line.get(f"/v1/certificates/{quote(code, safe='')}/bundle")
        if papers is not None:
            kept = Papers.load(papers)
            if kept.registration != found["certificate"]["registration"]:
                raise Conflict(f"{papers} are the papers of another registration")
            found["opening"] = kept.opening()
        return found

    def trust_file(self) -> dict[str, Any]:
        """What the registry says of itself; a verifier should have it from somebody else."""
        return self.line.get("/v1/trust")

    def search(self, q: str, *, limit: int = 20) -> list[dict[str, Any]]:
        """By code, id, hash, address, transaction, or words of a published name."""
        return list(self.line.get("/v1/search", q=q, limit=limit)["hits"])

    def eligibility(
        self, source: dict[str, Any], facts: dict[str, Any], *, profile: str | None = None
    ) -> dict[str, Any]:
        """For each right whether it may be claimed, with the article; ask before you sign."""
        body: dict[str, Any] = {"source": source, "facts": facts}
        if profile is not None:
            body["profile"] = profile
        answer = self.line.post("/v1/eligibility", body).json()
        return dict(answer["answers"])

    def domain(self, kind: type[Signed]) -> Domain:
        """The EIP-712 domain of a message type. Raises: WrongChain when it is not that of the trust file."""
        if kind.contract not in self._domains:
            self._domains[kind.contract] = self._domain(kind)
        return self._domains[kind.contract]

    def assume(self, kind: type[Signed], domain: dict[str, Any]) -> None:
        """Signs this type for a domain known before, so that nobody need be asked for it."""
        try:
            known = Domain(int(domain["chainId"]), domain["verifyingContract"])
        except (KeyError, ValueError, TypeError) as e:
            raise Malformed(f"not an EIP-712 domain of ours: {domain}") from e
        self._domains[kind.contract] = known

    def _domain(self, kind: type[Signed]) -> Domain:
        name = SPOKEN_BY.get(kind.__name__, kind.__name__)
        said = self.line.get(f"/v1/messages/{name}")["domain"]
        found = Domain(said["chainId"], said["verifyingContract"], said["name"], said["version"])
        if self.trust is not None:
            expected = (self.trust["chain_id"], self.trust["contracts"][kind.contract])
            if (found.chain_id, found.contract) != expected:
                raise WrongChain(f"{self.line.url} has you sign for {found}, expected {expected}")
        return found

    def _signatures(self, message: Signed, digest: str, keys: Iterable[SigningKey]) -> list[str]:
        by_address = {key.address: key for key in keys}
        return [
            by_address[self._signer(each, by_address)].sign(digest) for each in message.signers()
        ]

    def _signer(self, signer: Signer, keys: dict[str, SigningKey]) -> str:
        address = signer.id
        if signer.kind == "party":
            first = (key for key in keys if party_of(key) == signer.id)
            address = next(first, None) or self._key_of(signer.id)
        if address not in keys:
            raise BadSignature(
                f"{signer.id} must sign, whose key is {address}; it is not among yours"
            )
        return address

    def _key_of(self, party: str) -> str:
        try:
            return str(self.line.get(f"/v1/parties/{party}")["key"])
        except NotFound:
            return "unknown"


def _several(keys: SigningKey | Sequence[SigningKey]) -> tuple[SigningKey, ...]:
    return tuple(keys) if isinstance(keys, Sequence) else (keys,)


def _receipt(answer: Any, papers: Path | None = None) -> Receipt:
    return Receipt(
        digest=answer["digest"],
        type=answer["type"],
        state=answer["state"],
        received_at=answer["received_at"],
        deadline=answer["deadline"],
        status_url=answer["status_url"],
        papers=papers,
    )
