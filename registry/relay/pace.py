"""How the relay behaves in time."""

from dataclasses import dataclass

GWEI = 10**9


@dataclass(frozen=True)
class Pace:
    """How the relay behaves in time.

    `flight`: nonces on their way at once. `patience`: seconds before a transaction counts as stuck.
    `resend`: seconds before the same bytes are sent again. `lease`: seconds that a lane is held
    without renewal. `most_fee`: wei per gas that is never exceeded. `poll`: seconds between two looks
    at the chain while something is on its way.
    """

    flight: int = 16
    patience: float = 30.0
    resend: float = 5.0
    lease: float = 10.0
    most_fee: int = 500 * GWEI
    poll: float = 0.05
