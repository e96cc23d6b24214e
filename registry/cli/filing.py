"""Commands of a holder: make a key, fingerprint, file, sign, ask what became of it."""

import json as jsons
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import told
from registry.errors import Malformed, NotFound

KeyFile = Annotated[
    list[Path], typer.Option("--key", help="A keystore; once for each signer.", exists=True)
]
PasswordFile = Annotated[
    Path | None, typer.Option(help="Holds the keystore's password; asked for otherwise.")
]
Papers = Annotated[Path, typer.Option(help="Folder that keeps what opens your filings.")]


def key(
    path: Annotated[Path, typer.Argument(help="The keystore to make, in a folder of your own.")],
    json: told.Json = False,
) -> None:
    """Make a key of your own, with its password in a file beside it; prints your party."""
    from registry.keys import own
    from registry.messages import party_of

    made = own(path.parent, path.stem, sandbox=False)
    about = {"keystore": str(path.with_suffix(".json")), "address": made.address}
    about["party"] = party_of(made.address)
    told.data(about, as_json=json, text=about["party"])


def fingerprint(
    path: Annotated[Path, typer.Argument(help="A file or a folder.")],
    sm3: Annotated[bool, typer.Option("--sm3", help="Hash with SM3, not SHA-256.")] = False,
    json: told.Json = False,
) -> None:
    """Fingerprint a file or a folder; it stays where it is."""
    from registry.fingerprint import fingerprint as reading

    with told.progress(f"reading {path}", _size(path)) as done:
        found = reading(path, algorithm="sm3" if sm3 else "sha256", progress=done)
    told.data(found.statement(), as_json=json, text=found.root)


def file(
    path: Annotated[
        str, typer.Argument(help="The data: a file or a folder, or its fingerprint as 0x text.")
    ],
    form: Annotated[Path, typer.Option(help="The form of its kind as JSON.", exists=True)],
    key: KeyFile,
    password_file: PasswordFile = None,
    sample: Annotated[Path | None, typer.Option(help="Give the sample in this file.")] = None,
    paper: Annotated[
        list[str] | None, typer.Option(help="Give a paper: KIND=FILE, such as IDENTITY=id.pdf.")
    ] = None,
    kind: Annotated[str, typer.Option(help="INITIAL, TRANSFER, AMENDMENT, ...")] = "INITIAL",
    registrar: Annotated[int, typer.Option(help="The registrar's number.")] = 990,
    profile: Annotated[str | None, typer.Option(help="Rule profile (REGISTRY_PROFILE).")] = None,
    papers: Papers = Path("papers"),
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait for it to be final; 0 for none.")
    ] = 60,
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """File an application: fingerprint here, sign here, send. The data stays with you."""
    from registry.client import Client
    from registry.fingerprint import fingerprint as reading
    from registry.hashes import content_hash
    from registry.rules import applications, profiles

    if kind not in profiles.Kind.__members__:
        raise typer.BadParameter(
            f"got {kind}, expected one of {', '.join(profiles.Kind.__members__)}"
        )
    chosen = profile or told.settings(data).profile
    filled, given = _read_json(form), [_kind_and_file(each) for each in paper or ()]
    documents = [each.read_bytes() for _, each in given]
    named = [content_hash(each) for each in documents]
    if sample is not None:
        documents.append(sample.read_bytes())
        filled["sample"] = content_hash(documents[-1])
    filled["papers"] = [
        *filled.get("papers", []),
        *({"kind": kind, "hash": name} for (kind, _), name in zip(given, named, strict=True)),
    ]
    # Before anything leaves this machine: of core data nothing may be taken in, sample and papers least.
    rules = profiles.load(chosen)
    checked = applications.parse(profiles.Kind[kind], filled, profile=rules)
    for warning in applications.review(checked, profile=rules).warnings:
        told.aside(f"  {warning.pointer} [{warning.rule}] {warning.detail}")
    keys = [_open_key(each, password_file) for each in key]
    root = path
    if not path.startswith("0x"):
        with told.progress(f"reading {path}", _size(Path(path))) as done:
            root = reading(Path(path), progress=done).root
    with Client(told.url_of(url, data), papers=papers) as client:
        for each in documents:
            client.document(each)
        receipt = client.file(root, filled, keys, kind=kind, registrar=registrar, profile=chosen)
        told.aside(f"received 已收到; what opens it is kept in {receipt.papers}")
        about = {"registration": receipt.digest, "state": receipt.state, "fingerprint": root}
        about |= {"papers": str(receipt.papers), "status_url": client.line.url + receipt.status_url}
        if timeout:
            about["state"] = client.wait(receipt.digest, timeout=timeout)["state"]
            told.aside(f"{about['state']}")
    told.data(about, as_json=json, text=receipt.digest)


def sign(
    message: Annotated[
        Path, typer.Argument(help="JSON with `type` (or `primaryType`) and `message`.")
    ],
    key: KeyFile,
    password_file: PasswordFile = None,
    send: Annotated[bool, typer.Option("--send", help="Send it, too.")] = False,
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """Sign any act; offline where the file holds its EIP-712 `domain`."""
    from registry import parties  # noqa: F401 - declares the types, as do the next three
    from registry.client import Client
    from registry.objections import acts as objection_acts  # noqa: F401
    from registry.registrations import acts  # noqa: F401
    from registry.rights import acts as right_acts  # noqa: F401

    wanted = _read_json(message)
    kind = _kind_of(wanted.get("type") or wanted.get("primaryType"))
    try:
        act = kind.model_validate_json(jsons.dumps(wanted.get("message")))
    except ValueError as e:
        raise Malformed(f"{message}: {e}") from e
    keys = [_open_key(each, password_file) for each in key]
    told.aside(f"signing {kind.__name__}: {(kind.__doc__ or '').strip()}")
    for name, value in act.model_dump(mode="json").items():
        told.aside(f"  {name}: {value}")
    with Client(told.url_of(url, data)) as client:
        if (domain := wanted.get("domain")) is not None:
            client.assume(kind, domain)
        signatures = client.sign(act, *keys)
        about: dict[str, Any] = {
            "type": kind.__name__,
            "digest": act.digest(client.domain(kind)),
            "message": act.model_dump(mode="json"),
            "signatures": signatures,
        }
        if send:
            about["state"] = client.submit(act, signatures).state
    told.data(about, as_json=json, text="\n".join(signatures))


def status(
    name: Annotated[str, typer.Argument(help="A digest, an id, or a certificate's code.")],
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """What became of an act, or how a registration stands."""
    from registry.client import Client

    found: dict[str, Any] = {}
    with Client(told.url_of(url, data)) as client:
        if not name.startswith("0x"):
            found["certificate"] = client.certificate(name)["certificate"]
            name = found["certificate"]["registration"]
        for what, ask in (("submission", client.submission), ("registration", client.registration)):
            try:
                answer = ask(name)
            except NotFound:
                continue
            found |= {what: answer} if what == "submission" else answer
    if not found:
        raise NotFound(f"neither an act nor a registration is called {name} there")
    states = [found[each]["state"] for each in ("submission", "registration") if each in found]
    told.data(found, as_json=json, text=" ".join(states))


def _size(path: Path) -> int | None:
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = jsons.loads(path.read_bytes())
    except ValueError as e:
        raise Malformed(f"{path} is not JSON: {e}") from e
    if not isinstance(value, dict):
        raise Malformed(f"{path}: expected an object")
    return value


def _kind_and_file(text: str) -> tuple[str, Path]:
    kind, _, path = text.partition("=")
    if not path:
        raise typer.BadParameter(f"got {text!r}, expected KIND=FILE", param_hint="--paper")
    return kind, Path(path)


def _kind_of(name: Any) -> Any:
    from registry.messages import act_types

    known = act_types()
    if name not in known:
        raise NotFound(f"no message type {name}; there are {', '.join(sorted(known))}")
    return known[name]


def _open_key(path: Path, password_file: Path | None) -> Any:
    from registry.keys import load

    return load(path, told.password_for(path, password_file))
