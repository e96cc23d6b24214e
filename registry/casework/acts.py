"""The signed entries into the file of a case. Knows neither HTTP nor RPC."""

from typing import ClassVar

from registry.messages import Address, Bytes32, Message, Signer, Uint8, Uint16, Uint40


class CaseworkAct(Message):
    """An entry into a file; executed by Casework. `subject` is a registration or an objection."""

    contract: ClassVar[str] = "Casework"


class Note(CaseworkAct):
    """An officer's step (guide arts. 10(2), 26): `kind` as in the rules, `serial` the notes before it."""

    verb: ClassVar[str] = "note"

    registrar: Uint16
    officer: Address
    subject: Bytes32
    serial: Uint16
    kind: Uint8
    document: Bytes32
    occurred: Uint40
    length: Uint16
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.officer),)


class Report(CaseworkAct):
    """A third party's report, signed by its issuer alone; `serial` counts that issuer's before it."""

    verb: ClassVar[str] = "report"

    issuer: Bytes32
    subject: Bytes32
    serial: Uint16
    kind: Uint8
    document: Bytes32
    issued: Uint40
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("party", self.issuer),)
