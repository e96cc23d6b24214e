"""The signed requests about rights that stand. Knows neither HTTP nor RPC."""

from typing import ClassVar

from registry.messages import Address, Bytes32, Message, Signer, Uint8, Uint16, Uint40


class RightAct(Message):
    """An act of an officer of the entry's registrar; executed by Rights."""

    contract: ClassVar[str] = "Rights"

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.__dict__["officer"]),)


class Remark(RightAct):
    """Makes a remark on what a party holds, and bars what its instrument names (guide art. 23).

    Bit k of `acts` is the kind of registration k, bit 8 a licence, bit 9 a pledge; `rights` and
    `acts` are zero for a mere record. `until` is the last second at which it bars.
    """

    verb: ClassVar[str] = "remark"

    registrar: Uint16
    officer: Address
    right: Bytes32
    step: Uint16
    kind: Uint8
    instrument: Bytes32
    rights: Uint8
    acts: Uint16
    until: Uint40
    deadline: Uint40


class Lift(RightAct):
    """Takes a remark back; `serial` is how many the entry had before it was made."""

    verb: ClassVar[str] = "lift"

    registrar: Uint16
    officer: Address
    right: Bytes32
    step: Uint16
    serial: Uint8
    instrument: Bytes32
    deadline: Uint40


class Cancel(RightAct):
    """Cancels rights on the registrar's own motion, on a numbered ground of the profile (guide art. 37)."""

    verb: ClassVar[str] = "cancel"

    registrar: Uint16
    officer: Address
    right: Bytes32
    step: Uint16
    rights: Uint8
    ground: Uint8
    decision: Bytes32
    deadline: Uint40


class Execute(RightAct):
    """Does what an effective instrument orders, or what both sides accepted (guide art. 29).

    `receiver` is zero when the rights are extinguished.
    """

    verb: ClassVar[str] = "execute"

    registrar: Uint16
    officer: Address
    registration: Bytes32
    holder: Bytes32
    receiver: Bytes32
    step: Uint16
    rights: Uint8
    instrument: Bytes32
    deadline: Uint40
