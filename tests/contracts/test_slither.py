"""slither finds nothing above informational that contracts/slither.json does not explain."""

from scripts.slither import complaints
from tests.machine import slither_command, solc_available


def test_every_finding_of_slither_is_explained_and_no_explanation_is_stale() -> None:
    slither_command()
    solc_available()
    said = complaints()
    assert not said, "\n".join(said)
