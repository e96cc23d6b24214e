"""Commands for a registrar that leaves, and for the one that takes its records over (guide art. 13)."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import told
from registry.cli.checking import node_of

app = typer.Typer(
    help="Hand all records of a registrar over to its successor, and prove that all are there.",
    rich_markup_mode=None,
)

KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The file of the key that opens it; travels apart.")
]
From = Annotated[Path, typer.Argument(help="The folder that was handed over.")]


@app.callback(invoke_without_command=True)
def write(
    context: typer.Context,
    registrar: Annotated[
        int | None, typer.Option(min=0, max=999, help="The registrar that leaves.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write; must be new.")] = None,
    key: KeyFile = None,
    data: told.Data = None,
    rpc_url: told.RpcUrl = None,
    json: told.Json = False,
) -> None:
    """Write the hand-over and print its manifest's hash, for `handOver`. Suspend the registrar first:
    what is filed in between is not in it. Safe to kill and to run again."""
    if context.invoked_subcommand is not None:
        return
    if registrar is None or out is None:
        raise typer.BadParameter("give --registrar and --out, or one of: verify, take")
    key_file = out.with_name(out.name + ".key") if key is None else key
    chosen = told.settings(data, rpc_url=rpc_url)
    from registry import handover, logs
    from registry.audit import follow
    from registry.chain import Chain
    from registry.checkpoints import Checkpoints
    from registry.database import open_read_model
    from registry.deployment import Deployment, check
    from registry.documents import Documents
    from registry.tenancy import who_lives_in
    from registry.up import Staff

    logs.to_stderr(verbose=False)
    is_followed = who_lives_in(chosen.data) is not None
    with node_of(chosen) as url:
        chain, deployment = Chain(url), Deployment.load(chosen.deployment)
        check(chain, deployment)
        engine = open_read_model(chosen.read_db)
        if not is_followed:
            follow(chain, deployment, engine, finality=chosen.finality)
        documents = Documents.open(chosen.documents, key_file=chosen.keys / "documents.key")
        checkpoints = Checkpoints.open(
            chosen.checkpoints_db,
            Staff.of(chosen).checkpointer.secret,
            deployment.domain("Registrars"),
        )
        with (
            engine.connect() as connection,
            told.progress("sealing registrations", None, unit="registrations") as done,
        ):
            digest = handover.write(
                chain,
                deployment,
                connection,
                documents,
                checkpoints,
                registrar,
                out=out,
                key_file=key_file,
                progress=lambda at, of: done(at),
            )
        checkpoints.close()
        documents.close()
        engine.dispose()
    told.aside(f"the key is in {key_file}: hand it over by another way than {out}")
    told.data(
        {"manifest": digest, "folder": str(out), "key": str(key_file)}, as_json=json, text=digest
    )


@app.command()
def verify(
    folder: From,
    trust: Annotated[Path, typer.Option(help="Whom to trust: a file.")],
    key: KeyFile = None,
    data: told.Data = None,
    rpc_url: told.RpcUrl = None,
    json: told.Json = False,
) -> None:
    """Check a hand-over claim by claim against the chain. Exit code 7 when anything needed is lacking.

    Asks the node of --rpc-url, or of --data; without either it says that no node was asked.
    """
    from registry import handover
    from registry.chain import Chain
    from registry.handover.folder import read_key

    known = _trust(trust)
    secret = None if key is None else read_key(key)
    if rpc_url is not None:
        claims = handover.check(folder, known, chain=Chain(rpc_url), key=secret)
    elif data is not None:
        with node_of(told.settings(data)) as url:
            claims = handover.check(folder, known, chain=Chain(url), key=secret)
    else:
        claims = handover.check(folder, known, key=secret)
    is_complete = handover.is_complete(claims)
    text = "\n".join(
        f"{place}. {each.claim['en']} {each.claim['zh']} — {each.verdict.upper()}\n   {each.because}"
        for place, each in enumerate(claims, 1)
    )
    told.data(
        {"complete": is_complete, "claims": [asdict(each) for each in claims]},
        as_json=json,
        text=text,
    )
    if not is_complete:
        raise typer.Exit(7)


@app.command()
def take(
    folder: From,
    key: Annotated[Path, typer.Option("--key", help="The file of the key that opens it.")],
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """Take openings and documents into this installation's store, once the chain has handed over.

    What the chain says is read from this installation's read model. Safe to kill and to run again.
    """
    from registry import handover
    from registry.database import open_read_model
    from registry.documents import Documents
    from registry.errors import NotFound
    from registry.handover.folder import read_key

    chosen = told.settings(data)
    if not chosen.read_db.is_file():
        raise NotFound(f"{chosen.data} has read no chain: run `registry up` or `follow` first")
    secret = read_key(key)
    documents = Documents.open(
        chosen.documents,
        key_file=chosen.keys / "documents.key",
        limit=chosen.document_bytes,
        reserve=chosen.reserved_bytes,
    )
    engine = open_read_model(chosen.read_db)
    with (
        engine.connect() as connection,
        told.progress("taking registrations", None, unit="registrations") as done,
    ):
        openings, papers = handover.take(
            folder,
            documents,
            secret,
            connection=connection,
            progress=lambda at, of: done(at),
        )
    engine.dispose()
    documents.close()
    told.data(
        {"openings": openings, "documents": papers},
        as_json=json,
        text=f"{openings} openings and {papers} documents",
    )


def _trust(path: Path) -> dict[str, Any]:
    from json import loads

    from registry.errors import Malformed, NotFound
    from registry.verification.evidence import Wrong
    from registry.verification.shapes import check

    try:
        value = loads(path.read_bytes())
        check(value, "Trust", "")
    except FileNotFoundError as e:
        raise NotFound(f"no trust file at {path}") from e
    except (ValueError, RecursionError, Wrong) as e:
        raise Malformed(f"{path} is no trust file: {e}") from e
    return dict(value)
