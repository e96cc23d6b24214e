"""One bundle with what is derived from its evidence, each part once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from registry.verification import evidence
from registry.verification.evidence import Header, Unknown, Wrong, keccak
from registry.verification.shapes import ACTS, EVENTS, SAID_BY, members

TOPICS = {
    keccak(f"{event}({','.join(kind for kind, _ in members(listed))})".encode()): event
    for event, listed in EVENTS.items()
}


@dataclass(frozen=True)
class Fact:
    """One event of one of the contracts; `place` orders facts as the chain does."""

    event: str
    block: Header
    place: tuple[int, int, int]
    said: dict[str, Any]


class Case:
    """A bundle of the right shape; `trust` is a trust file, `data_root` a local fingerprint."""

    def __init__(self, bundle: Any, trust: Any, data_root: str | None) -> None:
        self.bundle, self.trust, self.data_root = bundle, trust, data_root

    @property
    def certificate(self) -> dict[str, Any]:
        return dict(self.bundle["certificate"])

    @cached_property
    def blocks(self) -> dict[str, Header]:
        """Headers by the hash that the bundle gives them."""
        return {each["hash"]: evidence.header(each["header"]) for each in self.bundle["blocks"]}

    @cached_property
    def facts(self) -> list[Fact]:
        """All that the proven receipts say of this registration. Raises: Wrong."""
        by_receipt = [self._said(*each) for each in enumerate(self.bundle["receipts"])]
        id = self.certificate["registration"]
        about = [f.said for fs in by_receipt for f in fs if f.said.get("registration") == id]
        acts = {said["act"] for said in about if "act" in said}
        holders = {said["holder"] for said in about if "holder" in said}
        rights = {said["right"] for said in about if "holder" in said}

        def is_ours(fact: Fact) -> bool:
            return (
                fact.said.get("registration") == id
                or fact.said.get("right") in rights
                or (fact.event == "ActSigned" and fact.said["act"] in acts)
                or (fact.event == "KeyReplaced" and fact.said["party"] in holders)
            )

        kept = [list(filter(is_ours, facts)) for facts in by_receipt]
        if [] in kept:
            raise Wrong(f"/receipts/{kept.index([])} says nothing of this registration")
        return sorted((fact for facts in kept for fact in facts), key=lambda fact: fact.place)

    def _said(self, number: int, receipt: dict[str, Any]) -> list[Fact]:
        block = self.blocks.get(receipt["block"])
        if block is None:
            raise Wrong(f"/receipts/{number}/block: the bundle has no such block")
        try:
            proven = evidence.prove(block.receipts, receipt["index"], receipt["proof"])
        except Wrong as e:
            raise Wrong(f"/receipts/{number}: {e}") from None
        contracts = {address: name for name, address in self.bundle["contracts"].items()}
        found = []
        for position, (address, topics, data) in enumerate(evidence.logs(proven)):
            event = TOPICS.get(topics[0]) if len(topics) == 2 else None
            speakers = (
                ("Registrations", "Parties", "Rights")
                if event == "ActSigned"
                else (SAID_BY.get(event or "", "Registrations"),)
            )
            if event is None or contracts.get(address) not in speakers:
                continue
            words = [topics[1], *(data[i : i + 32] for i in range(0, len(data), 32))]
            said = {
                name: evidence.event_word(kind, word)
                for (kind, name), word in zip(members(EVENTS[event]), words, strict=True)
            }
            found.append(Fact(event, block, (block.number, receipt["index"], position), said))
        return found

    def all(self, event: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.event == event]

    def one(self, event: str) -> Fact:
        found = self.all(event)
        if len(found) != 1:
            raise Wrong(f"{len(found)} proven facts {event}, expected 1")
        return found[0]

    @property
    def changes(self) -> list[Fact]:
        """The steps of the registration after its filing, in the order of the chain."""
        return [f for f in self.facts if "step" in f.said and f.event not in SAID_BY]

    def signer(self, act: str) -> str:
        """Whose signature the contract accepted for an act, by its own word."""
        signers = {fact.said["signer"] for fact in self.all("ActSigned") if fact.said["act"] == act}
        if len(signers) != 1:
            raise Wrong(f"no proven fact says who signed the act {act}")
        return str(signers.pop())

    @property
    def filing(self) -> dict[str, Any]:
        """The File message with its signatures. Raises: Unknown."""
        found = [act for act in self.bundle["acts"] if act["type"] == "File"]
        if len(found) != 1:
            raise Unknown("the bundle does not hold the one File message")
        return dict(found[0])

    @cached_property
    def later_acts(self) -> dict[str, dict[str, Any]]:
        """All other signed messages, by digest."""
        others = [act for act in self.bundle["acts"] if act["type"] != "File"]
        return {self.digest(act["type"], act["message"]): act for act in others}

    def digest(self, kind: str, message: Any, contract: str = "Registrations") -> str:
        address = self.bundle["contracts"][contract]
        return evidence.digest(ACTS, kind, message, self.bundle["chain_id"], address)

    @property
    def checkpoint_keys(self) -> set[str]:
        return {each["checkpoint"]["key"] for each in self.bundle["blocks"]}
