"""Commands of a registrar's desk."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import told

DAY = 86_400
FAR = 2**53


def due(
    registrar: Annotated[
        int | None, typer.Option(min=0, max=999, help="Cases of this registrar alone.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=0, help="Only what ends within so many days, or is late.")
    ] = None,
    papers: Annotated[
        bool, typer.Option("--papers", help="List instead which papers may or must be erased.")
    ] = False,
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """List the statutory clocks of open cases, first to end first; or those of papers that are kept."""
    from registry.client import Client
    from registry.rules.validity import BEIJING

    if papers:
        _tell_kept(told.url_of(url, data), registrar, json)
        return
    before = None if days is None else int(time.time()) + days * DAY
    with Client(told.url_of(url, data)) as client:
        found = client.deadlines(registrar=registrar, before=before)
    lines = []
    for each in found["deadlines"]:
        if each["due"] is not None:
            when = f"{datetime.fromtimestamp(each['due'], BEIJING):%Y-%m-%d %H:%M:%S}"
        else:
            when = each["unknown"] or f"stands still, {each['left']} left"
        late = "LATE" if each["is_late"] else ""
        standing = "" if each["registrar_standing"] == "ADMITTED" else each["registrar_standing"]
        subject = each["objection"] or each["registration"]
        lines.append("  ".join((when, each["clock"], each["state"], subject, late, standing)))
    told.data(found, as_json=json, text="\n".join(line.rstrip() for line in lines))


def casework(
    registration: Annotated[str, typer.Argument(help="A registration's id.")],
    at_block: Annotated[int | None, typer.Option(min=0, help="As of this block.")] = None,
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """Print the file of a case: every step with who, when, the article, and the hash of its paper."""
    from registry.client import Client
    from registry.rules.validity import BEIJING

    with Client(told.url_of(url, data)) as client:
        found = client.casework(registration, at_block=at_block)
    lines = []
    for each in found["steps"]:
        when = f"{datetime.fromtimestamp(each['occurred'], BEIJING):%Y-%m-%d %H:%M:%S}"
        what = each["kind"] or each["event"]
        papers = " ".join(f"{name} {value}" for name, value in each["papers"].items())
        who = each["signer"] or each["by"]
        lines.append("  ".join((when, what, each["article"], who, papers)))
    told.data(found, as_json=json, text="\n".join(line.rstrip() for line in lines))


def erase(
    registration: Annotated[str, typer.Argument(help="The filing whose papers are to go.")],
    key: Annotated[Path, typer.Option("--key", help="The keystore of an officer.")],
    ground: Annotated[
        str,
        typer.Option(help="A ground of the profile, by name; none where the term is over."),
    ] = "",
    reference: Annotated[
        str, typer.Option(help="Number or hash of what was asked or ordered; names nobody.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    password_file: Annotated[
        Path | None, typer.Option(help="The keystore's password; asked for otherwise.")
    ] = None,
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """Erase the papers of a filing for good: form, salt, papers, statements, notice. Refused, with day
    and article, while they must be kept. What is on the chain stays, and opens to nobody any more."""
    from registry.client import Client
    from registry.client.keeping import Keeping
    from registry.keys import load

    with Client(told.url_of(url, data)) as client:
        kept = Keeping(client).of(registration)
        told.aside(f"{registration}: {kept['ending']}, {_when(kept)} ({kept['basis']})")
        if not yes and not typer.confirm("erase its papers for good?", err=True):
            raise typer.Exit(1)
        officer = load(key, told.password_for(key, password_file))
        done = Keeping(client).erase(registration, officer, ground=ground, reference=reference)
    lines = [f"erased: {done['erased_why']}", *(f"remains: {each}" for each in done["remains"])]
    told.data(done, as_json=json, text="\n".join(lines))


def _tell_kept(url: str, registrar: int | None, json: bool) -> None:
    from registry.client import Client
    from registry.client.keeping import Keeping

    with Client(url) as client:
        everything = Keeping(client).all(registrar=registrar)
    found = [each for each in everything if each["erased_at"] is None]
    # What is to go comes first, then what may, then by the end of its term.
    found.sort(key=lambda each: (not each["must_go"], not each["may_go"], each["until"] or FAR))
    lines = []
    for each in found:
        what = "MUST GO" if each["must_go"] else "may go" if each["may_go"] else "is kept"
        early = f"before on {', '.join(each['grounds'])}" if each["grounds"] else ""
        lines.append(
            "  ".join((what, each["registration"], _when(each), f"({each['basis']})", early))
        )
    text = "\n".join(line.rstrip() for line in lines)
    told.data({"papers": found}, as_json=json, text=text)


def _when(kept: dict[str, Any]) -> str:
    from registry.rules.validity import BEIJING

    if kept["until"] is None:
        return str(kept["unknown"] or kept["why"])
    return f"until {datetime.fromtimestamp(kept['until'], BEIJING):%Y-%m-%d}, {kept['why']}"
