"""The signed requests of the procedure of objection. Knows neither HTTP nor RPC."""

from typing import ClassVar

from registry.messages import Address, Bytes32, Message, Signer, Uint8, Uint16, Uint40, Witness


class ObjectionAct(Message):
    """An act of the procedure; executed by Objections."""

    contract: ClassVar[str] = "Objections"


class OfficerAct(ObjectionAct):
    """An act that an officer of the registrar signs."""

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.__dict__["officer"]),)


class ObjectorAct(ObjectionAct):
    """A later act of the objector; the opening is its witness."""

    witness: ClassVar[Witness] = "opening"

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("party", self.__dict__["objector"]),)


class PartyAct(ObjectionAct):
    """A later act of a holder, or of either side; the opening is its witness."""

    witness: ClassVar[Witness] = "opening"

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("party", self.__dict__["party"]),)


class Contest(ObjectionAct):
    """Objects to an attested registration (guide art. 29); its digest is the objection's id."""

    verb: ClassVar[str] = "contest"

    objector: Bytes32
    registration: Bytes32
    registrar: Uint16
    grounds: Bytes32
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("party", self.objector),)


class RequestEvidence(OfficerAct):
    """Asks the objector for what is missing; once referred, for proof of proceedings (guide art. 29)."""

    verb: ClassVar[str] = "requestEvidence"

    registrar: Uint16
    officer: Address
    objection: Bytes32
    step: Uint16
    list: Bytes32
    until: Uint40
    deadline: Uint40


class SupplyEvidence(ObjectorAct):
    """Supplies what was asked for (guide art. 29)."""

    verb: ClassVar[str] = "supplyEvidence"

    objector: Bytes32
    objection: Bytes32
    step: Uint16
    papers: Bytes32
    deadline: Uint40


class NotifyHolder(OfficerAct):
    """Says that the holders were told in writing, and until when they may answer (guide art. 29 ¶2)."""

    verb: ClassVar[str] = "notifyHolder"

    registrar: Uint16
    officer: Address
    objection: Bytes32
    step: Uint16
    notice: Bytes32
    until: Uint40
    deadline: Uint40


class Respond(PartyAct):
    """A holder answers: ADMITTED 1 or CONTESTED 2 (guide art. 29 ¶3, ¶4)."""

    verb: ClassVar[str] = "respond"

    party: Bytes32
    objection: Bytes32
    step: Uint16
    answer: Uint8
    papers: Bytes32
    deadline: Uint40


class Conclude(OfficerAct):
    """The registrar's conclusion: DISMISSED 1 or UPHELD 2 (guide art. 29 ¶4)."""

    verb: ClassVar[str] = "conclude"

    registrar: Uint16
    officer: Address
    objection: Bytes32
    step: Uint16
    outcome: Uint8
    decision: Bytes32
    until: Uint40
    deadline: Uint40


class AcceptConclusion(PartyAct):
    """The objector or a holder accepts the conclusion (guide art. 29 ¶4)."""

    verb: ClassVar[str] = "acceptConclusion"

    party: Bytes32
    objection: Bytes32
    step: Uint16
    deadline: Uint40


class RefuseConclusion(PartyAct):
    """The objector or a holder refuses it: arbitration by agreement, or a court (guide art. 29 ¶5)."""

    verb: ClassVar[str] = "refuseConclusion"

    party: Bytes32
    objection: Bytes32
    step: Uint16
    deadline: Uint40


class RecordInstrument(OfficerAct):
    """An effective instrument arrived: of ARBITRATION 1 or a COURT 2 (guide art. 29 ¶5)."""

    verb: ClassVar[str] = "recordInstrument"

    registrar: Uint16
    officer: Address
    objection: Bytes32
    step: Uint16
    forum: Uint8
    instrument: Bytes32
    outcome: Uint8
    deadline: Uint40


class CloseObjection(OfficerAct):
    """Says that what follows was done: `measure` is the digest of the act that did it, or zero."""

    verb: ClassVar[str] = "closeObjection"
    witness: ClassVar[Witness] = "opening"

    registrar: Uint16
    officer: Address
    objection: Bytes32
    step: Uint16
    measure: Bytes32
    deadline: Uint40


class LapseObjection(OfficerAct):
    """Ends an objection whose objector was asked for papers and stayed silent."""

    verb: ClassVar[str] = "lapseObjection"
    witness: ClassVar[Witness] = "opening"

    registrar: Uint16
    officer: Address
    objection: Bytes32
    step: Uint16
    decision: Bytes32
    deadline: Uint40


class DropObjection(ObjectorAct):
    """Takes an objection back."""

    verb: ClassVar[str] = "dropObjection"

    objector: Bytes32
    objection: Bytes32
    step: Uint16
    deadline: Uint40
