"""Commands of the bridge to the national service: export events, take receipts in, compare."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import told
from registry.cli.checking import node_of

app = typer.Typer(
    help="Tell the national service what happened, take in its receipts, compare ours with theirs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Registrar = Annotated[
    int | None, typer.Option(min=0, max=999, help="Registrations of this registrar alone.")
]


@dataclass(frozen=True)
class _Books:
    """The read model as far as the chain goes, and the documents beside it."""

    settings: Any
    deployment: Any
    connection: Any
    documents: Any


@contextmanager
def _books(data: Path | None, rpc_url: str | None) -> Iterator[_Books]:
    """Those of an installation, whether or not anything runs on it."""
    chosen = told.settings(data, rpc_url=rpc_url)
    from registry import logs, notices
    from registry.audit import follow
    from registry.chain import Chain
    from registry.database import open_read_model
    from registry.deployment import Deployment, check
    from registry.documents import Documents
    from registry.tenancy import who_lives_in

    logs.to_stderr(verbose=False)
    is_followed = who_lives_in(chosen.data) is not None
    with node_of(chosen) as url:
        chain, deployment = Chain(url), Deployment.load(chosen.deployment)
        check(chain, deployment)
        engine = open_read_model(chosen.read_db)
        documents = Documents.open(
            chosen.documents,
            key_file=chosen.keys / "documents.key",
            limit=chosen.document_bytes,
            reserve=chosen.reserved_bytes,
        )
        try:
            if not is_followed:
                follow(chain, deployment, engine, finality=chosen.finality)
                notices.enter_new(engine, documents)
            with engine.connect() as connection:
                yield _Books(chosen, deployment, connection, documents)
        finally:
            documents.close()
            engine.dispose()


@app.command()
def export(
    since: Annotated[
        str | None, typer.Option(help="Cursor of the last event that the reader has.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A file to write, or to go on with; stdout without it.")
    ] = None,
    registrar: Registrar = None,
    data: told.Data = None,
    rpc_url: told.RpcUrl = None,
    json: told.Json = False,
) -> None:
    """Write what happened as JSON Lines (`registry.bridge/1`): final, in order, without gaps.

    Safe to kill and to run again: a file that is there goes on after its last whole line.
    """
    from registry.bridge import export as exporting
    from registry.bridge.events import BEGINNING, Event, Place, cursor_of, events

    begin = None if since is None else exporting.place_of(since)
    with _books(data, rpc_url) as books:

        def pages(after: Place, limit: int) -> list[Event]:
            return events(
                books.connection,
                chain_id=books.deployment.chain_id,
                contracts=books.deployment.contracts,
                after=after,
                limit=limit,
                registrar=registrar,
            )

        if out is None:
            for _, line in exporting.lines(pages, begin or BEGINNING):
                sys.stdout.write(line.decode())
            sys.stdout.flush()
            return
        with told.progress("writing events", None, unit="events") as done:
            count, last = exporting.write(out, pages, since=begin, progress=done)
    cursor = None if last is None else cursor_of(last)
    told.data(
        {"events": count, "cursor": cursor, "file": str(out)},
        as_json=json,
        text=f"{count} events, up to {cursor or 'the beginning'}",
    )


@app.command()
def take(
    file: Annotated[Path, typer.Argument(help="A receipt in the form `registry.receipt/1`.")],
    original: Annotated[
        Path | None, typer.Option(help="The paper as the national service gave it, kept beside.")
    ] = None,
    data: told.Data = None,
    rpc_url: told.RpcUrl = None,
    json: told.Json = False,
) -> None:
    """Take in a receipt of the national service, and print its hash, for `Publish` or `Attest`.

    What is answered is kept for good; the same receipt again answers the same.
    """
    from registry.bridge import taking

    text = _bytes_of(file)
    paper = None if original is None else _bytes_of(original)
    with _books(data, rpc_url) as books:
        if paper is not None:
            # If we die here, a paper stands that nothing names; the receipt is given again.
            books.documents.put(paper, media="application/octet-stream")
        taken = taking.take(
            text, books.documents, books.connection, keys=books.settings.receipt_keys
        )
    told.data(asdict(taken), as_json=json, text=taken.name)


@app.command()
def reconcile(
    registrar: Registrar = None,
    theirs: Annotated[
        Path | None, typer.Option(help="What stands there, in the form `registry.standing/1`.")
    ] = None,
    at_block: Annotated[int | None, typer.Option(min=0, help="As of this block.")] = None,
    data: told.Data = None,
    rpc_url: told.RpcUrl = None,
    json: told.Json = False,
) -> None:
    """Compare the ledger with receipts, and with a listing if given. Exit code 7 when they differ."""
    import time

    from registry.bridge import listing, reconciliation
    from registry.verification.shapes import LEGAL

    listed = None if theirs is None else listing.parse(_bytes_of(theirs))
    with _books(data, rpc_url) as books:
        found = reconciliation.reconcile(
            books.connection,
            books.documents,
            now=int(time.time()),
            registrar=registrar,
            listing=listed,
            patience=books.settings.bridge_patience,
            at=at_block,
        )
    lines = [
        f"{row.finding}  {row.registration}  ours: {row.ours or '-'}  theirs: {row.theirs or '-'}"
        for row in found.rows
    ]
    counted = [f"{name} {count}" for name, count in found.counts.items() if count]
    total = f"{found.compared} compared as of block {found.block}: "
    lines.append(total + (", ".join(counted) or "no difference"))
    told.aside(LEGAL[False]["en"])
    value = asdict(found) | {"clean": found.is_clean, "counts": found.counts}
    told.data(value | {"legal": LEGAL[False]}, as_json=json, text="\n".join(lines))
    if not found.is_clean:
        raise typer.Exit(7)


@app.command()
def schema(
    form: Annotated[str, typer.Argument(help="event, receipt or standing")],
) -> None:
    """Print the JSON Schema of a form."""
    from registry.bridge import schemas

    told.data(schemas.schema(form), as_json=False)


def _bytes_of(path: Path) -> bytes:
    from registry.errors import NotFound

    try:
        return path.read_bytes()
    except OSError as e:
        raise NotFound(f"{path} cannot be read: {e.strerror}") from e
