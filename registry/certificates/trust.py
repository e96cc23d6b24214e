"""Whom a verifier is asked to trust: chain, contracts, officers, checkpoint keys and rules, as one file."""

from typing import Any

from sqlalchemy import Connection, select

from registry.chain import CONTRACTS, Chain
from registry.deployment import Deployment
from registry.errors import WrongChain
from registry.facts import Fact
from registry.registrars import (
    CheckpointKeyAuthorised,
    CheckpointKeyRetired,
    OfficerAppointed,
    OfficerDismissed,
    RegistrarAdmitted,
    RegistrarExpelled,
    RegistrarHandedOver,
    RegistrarResumed,
    RegistrarSuspended,
)
from registry.registrations.facts import ProfileEnacted
from registry.rules import profiles
from registry.verification.shapes import TRUST


def trust_file(chain: Chain, deployment: Deployment, connection: Connection) -> dict[str, Any]:
    """The trust file as the ledger has it now; periods are in blocks, both ends included.

    Taken from the one who is to be verified it shows only that he is consistent. Raises: WrongChain.
    """
    genesis = chain.block(0)
    if genesis is None or genesis.hash != deployment.genesis:
        raise WrongChain("the node's first block is not that of the deployment")
    return {
        "trust": TRUST,
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "contracts": {name: deployment.contracts[name] for name in CONTRACTS},
        "checkpoint_keys": _checkpoint_keys(connection),
        "registrars": _registrars(connection),
        "profiles": {
            str(row.profile): {
                "name": profiles.load_by_number(row.profile).name,
                "version": row.version,
                "prefix": row.prefix,
                "silence": row.silence,
                "notice": row.notice,
                "grace": row.grace,
                "validity": row.validity,
            }
            for row in _rows(connection, ProfileEnacted)
        },
    }


def _checkpoint_keys(connection: Connection) -> list[dict[str, Any]]:
    periods: list[dict[str, Any]] = []
    for row in _rows(connection, CheckpointKeyAuthorised, CheckpointKeyRetired):
        _end(periods, row.block, key=row.key)
        if row.event == CheckpointKeyAuthorised.event:
            periods.append({"key": row.key, "since": row.block, "until": None})
    return periods


def _registrars(connection: Connection) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in _rows(connection, RegistrarAdmitted):
        found[str(row.registrar)] = {"officers": [], "suspensions": [], "handed_over": None}
    for row in _rows(connection, OfficerAppointed, OfficerDismissed):
        officers = found[str(row.registrar)]["officers"]
        _end(officers, row.block, key=row.officer)
        if row.event == OfficerAppointed.event:
            officers.append(
                {"key": row.officer, "roles": row.roles, "since": row.block, "until": None}
            )
    # An expulsion is a suspension that nothing ends.
    for row in _rows(connection, RegistrarSuspended, RegistrarResumed, RegistrarExpelled):
        suspensions = found[str(row.registrar)]["suspensions"]
        _end(suspensions, row.block)
        if row.event != RegistrarResumed.event:
            suspensions.append({"since": row.block, "until": None})
    for row in _rows(connection, RegistrarHandedOver):
        handed = {"since": row.block, "successor": row.successor}
        found[str(row.registrar)]["handed_over"] = handed
    return found


def _end(periods: list[dict[str, Any]], block: int, **of: Any) -> None:
    """Ends what still runs; a second appointment begins a new period with other roles."""
    for period in periods:
        if period["until"] is None and of.items() <= period.items():
            period["until"] = block


def _rows(connection: Connection, *kinds: type[Fact]) -> list[Any]:
    """All facts of some kinds in the order of the chain, each with the name of its event."""
    found = []
    for kind in kinds:
        for row in connection.execute(select(kind.__table__)):
            found.append((row.block, row.position, _Row(kind.event, row)))
    return [row for _, _, row in sorted(found, key=lambda each: each[:2])]


class _Row:
    """A row of a fact's table that knows which."""

    def __init__(self, event: str, row: Any) -> None:
        self.event = event
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)
