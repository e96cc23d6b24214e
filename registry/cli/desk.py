"""Commands of a registrar's desk."""

import time
from datetime import datetime
from typing import Annotated

import typer

from registry.cli import told

DAY = 86_400


def due(
    registrar: Annotated[
        int | None, typer.Option(min=0, max=999, help="Cases of this registrar alone.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=0, help="Only what ends within so many days, or is late.")
    ] = None,
    url: told.Url = None,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """List the statutory clocks of open cases, first to end first."""
    from registry.client import Client
    from registry.rules.validity import BEIJING

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
        subject = each["objection"] or each["registration"]
        lines.append("  ".join((when, each["clock"], each["state"], subject, late)))
    told.data(found, as_json=json, text="\n".join(line.rstrip() for line in lines))
