"""Commands that believe nothing: verify a bundle, audit the read model, rebuild it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import told


def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle of a certificate.")],
    trust: Annotated[Path | None, typer.Option(help="Whom to trust: a file.")] = None,
    data: Annotated[Path | None, typer.Option(help="The data, to compare its fingerprint.")] = None,
    sm3: Annotated[bool, typer.Option("--sm3", help="The fingerprint was made with SM3.")] = False,
    json: told.Json = False,
) -> None:
    """Check a certificate offline, claim by claim. Exit code 7 when anything is false or lacking."""
    from registry.verification import main

    arguments = [str(bundle)]
    arguments += ["--trust", str(trust)] if trust else []
    arguments += ["--data", str(data)] if data else []
    arguments += ["--algorithm", "sm3"] if sm3 else []
    arguments += ["--json"] if json else []
    sys.stdout.flush()
    raise typer.Exit(main(arguments))


def audit(data: told.Data = None, rpc_url: told.RpcUrl = None, json: told.Json = False) -> None:
    """Compare every row of the read model with the chain; exit code 7 names what was altered."""
    from registry import logs

    logs.to_stderr(verbose=False)
    chosen = told.settings(data, rpc_url=rpc_url)
    from registry import audit as auditing
    from registry.chain import Chain
    from registry.database import open_read_model
    from registry.deployment import Deployment, check
    from registry.documents import Documents

    with node_of(chosen) as url:
        chain, deployment = Chain(url), Deployment.load(chosen.deployment)
        check(chain, deployment)
        engine = open_read_model(chosen.read_db)
        documents = Documents.open(chosen.documents, key_file=chosen.keys / "documents.key")
        with told.progress("reading the chain again", None, unit="blocks") as done:
            found = auditing.audit(
                chain, deployment, engine, documents, progress=lambda at, of: done(at)
            )
        documents.close()
        engine.dispose()
    for each in (*found.tips, *found.differences):
        told.aside(f"MISMATCH {each}")
    facts = sum(found.facts.values())
    text = f"{facts} facts and {found.rows} rows compared up to block {found.block}: " + (
        "no difference" if found.is_clean else f"{len(found.differences)} rows differ"
    )
    told.data(asdict(found) | {"clean": found.is_clean}, as_json=json, text=text)
    if not found.is_clean:
        raise typer.Exit(7)


def rebuild(data: told.Data = None, rpc_url: told.RpcUrl = None, json: told.Json = False) -> None:
    """Throw the read model away and read the chain again. Nothing may run on the folder meanwhile."""
    from registry import logs

    logs.to_stderr(verbose=False)
    chosen = told.settings(data, rpc_url=rpc_url)
    from registry import audit as auditing
    from registry.chain import Chain
    from registry.deployment import Deployment, check
    from registry.documents import Documents
    from registry.tenancy import living_in

    with living_in(chosen.data), _own_node_of(chosen) as url:
        chain, deployment = Chain(url), Deployment.load(chosen.deployment)
        check(chain, deployment)
        documents = Documents.open(chosen.documents, key_file=chosen.keys / "documents.key")
        with told.progress("reading the chain", None, unit="blocks") as done:
            last = auditing.rebuild(
                chain,
                deployment,
                chosen.read_db,
                documents,
                finality=chosen.finality,
                progress=lambda at, of: done(at),
            )
        documents.close()
    told.data({"block": last, "read_model": str(chosen.read_db)}, as_json=json, text=str(last))


@contextmanager
def node_of(chosen: Any) -> Iterator[str]:
    """The node of whoever runs on the folder; our own look at the chain when nobody does."""
    from registry.tenancy import living_in, who_lives_in

    note = who_lives_in(chosen.data)
    if note is not None:
        yield note.rpc_url
        return
    with living_in(chosen.data), _own_node_of(chosen) as url:
        yield url


@contextmanager
def _own_node_of(chosen: Any) -> Iterator[str]:
    from registry.errors import NotFound
    from registry.up import Staff, node

    if chosen.rpc_url is None and not chosen.chain_db.is_file():
        raise NotFound(f"{chosen.data} holds no chain; give --rpc-url, or run `registry up` first")
    with node(chosen, Staff.of(chosen)) as url:
        yield url
