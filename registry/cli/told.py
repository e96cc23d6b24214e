"""How the command speaks: data to stdout, the rest to stderr, errors with a next step."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.errors import (
    BadSignature,
    Conflict,
    Malformed,
    Mismatch,
    NotAllowed,
    NotFound,
    RegistryError,
    Unavailable,
    WrongRules,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout.")]
Data = Annotated[
    Path | None, typer.Option(help="Folder of the installation (REGISTRY_DATA).", file_okay=False)
]
Url = Annotated[
    str | None, typer.Option(help="The registry; by default the one running on --data.")
]
RpcUrl = Annotated[str | None, typer.Option(help="A node's JSON-RPC (REGISTRY_RPC_URL).")]

# The first that fits; `pending` is told apart by its code, for its class is the client's.
CODES: tuple[tuple[type[RegistryError], int], ...] = ((NotFound, 3), (Conflict, 5), (Mismatch, 7))
NEXT: tuple[tuple[type[RegistryError], str], ...] = (
    (NotAllowed, "the flaws name the articles; claim only what they allow, and file again"),
    (Malformed, "correct what the pointers name, and try again"),
    (BadSignature, "sign with the key of the signer named (`registry sign --key FILE`)"),
    (Unavailable, "is it running? `registry up` starts one; trying again does no harm"),
    (WrongRules, "run the version of this package whose rules the chain enacted"),
    (Mismatch, "keep a copy of --data; `registry rebuild` makes the read model anew"),
)
PENDING = "pending"


def code_of(error: RegistryError) -> int:
    """The exit code of an error."""
    if error.code == PENDING:
        return 6
    return next((code for kind, code in CODES if isinstance(error, kind)), 1)


def refusal(error: RegistryError, *, as_json: bool) -> int:
    """Tells an error on stderr, with its flaws and what to do; its exit code."""
    code = code_of(error)
    advice = next((text for kind, text in NEXT if isinstance(error, kind)), None)
    if error.code == PENDING:
        advice = "`registry status DIGEST` says how it stands"
    if as_json:
        flaws = [vars(flaw) for flaw in error.flaws]
        body = {"error": error.code, "detail": error.detail, "flaws": flaws, "next": advice}
        print(json.dumps(body, ensure_ascii=False), file=sys.stderr)
        return code
    print(f"registry: {error.title['en']} {error.title['zh']}: {error.detail}", file=sys.stderr)
    for flaw in error.flaws:
        print(f"  {flaw.pointer or '/'} [{flaw.rule}] {flaw.detail}", file=sys.stderr)
    if advice is not None:
        print(f"next: {advice}", file=sys.stderr)
    return code


def data(value: Any, *, as_json: bool, text: str | None = None) -> None:
    """Writes a result to stdout; `text` is what people get, the JSON indented where it is None."""
    if as_json:
        print(json.dumps(value, ensure_ascii=False), flush=True)
    else:
        shown = json.dumps(value, ensure_ascii=False, indent=2) if text is None else text
        print(shown, flush=True)


def aside(line: str) -> None:
    """A line that is not data."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def progress(
    what: str, total: int | None, *, unit: str = "bytes"
) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where it is a terminal; yields what to call with how much is done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(),)
    )
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def settings(folder: Path | None = None, **others: Any) -> Any:
    """The settings, with what the command line gives in place of the environment's."""
    from registry.settings import Settings

    given = {"data": folder} | others
    return Settings(**{name: value for name, value in given.items() if value is not None})


def url_of(url: str | None, folder: Path | None) -> str:
    """The registry meant: the one given, the one running on the folder, or the settings' address."""
    if url is not None:
        return url
    from registry.tenancy import who_lives_in

    chosen = settings(folder)
    note = who_lives_in(chosen.data)
    return f"http://{chosen.host}:{chosen.port}" if note is None else note.url


def password_for(keystore: Path, password_file: Path | None) -> str:
    """From the file given, from the one beside an installation's own key, or asked for."""
    from registry.keys import PASSWORD_FILE, read_password

    beside = keystore.parent / PASSWORD_FILE
    if password_file is not None or beside.is_file():
        return read_password(password_file or beside)
    return str(typer.prompt(f"password of {keystore}", hide_input=True, err=True))
