"""The notice that precedes the replacement of a lost key. Knows neither the database nor the chain."""

from functools import cache
from typing import Annotated

from pydantic import Field

from registry.rules.tables import FOLDER, Origin, Table, read


class Notice(Table):
    """Seconds of a notice, at least, with the reason for that many."""

    seconds: Annotated[int, Field(gt=0, lt=2**32)]
    reason: str
    source: str
    certainty: Annotated[int, Field(ge=0, le=100)]


class KeyNotice(Table):
    """The shortest notice where law is kept, and in a sandbox."""

    origin: Origin
    law: Notice
    sandbox: Notice


@cache
def key_notice() -> KeyNotice:
    return read(FOLDER / "key_notice.json", KeyNotice)[0]
