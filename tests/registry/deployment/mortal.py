"""A connection that dies at one of a deployment's sends."""

from registry.chain import Chain
from registry.deployment.blueprint import CONTRACTS

SENDS = len(CONTRACTS) + 2


class Died(BaseException):
    """The process ends here."""


class Mortal(Chain):
    """A connection of a process that dies at its `nth` send, just before or just after it."""

    def __init__(self, url: str, nth: int, *, after: bool) -> None:
        super().__init__(url)
        self.left, self.after = nth, after

    def send(self, raw: bytes) -> str:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Died
        sent = super().send(raw)
        if self.left == 0:
            raise Died
        return sent
