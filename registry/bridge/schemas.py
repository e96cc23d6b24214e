"""The JSON Schemas of the bridge's forms, made from the same classes that read and write them."""

from typing import Any, Final

from registry.bridge.events import Event
from registry.bridge.listing import Listing
from registry.bridge.receipt import Part, Receipt
from registry.errors import NotFound

FORMS: Final[dict[str, type[Part]]] = {"event": Event, "receipt": Receipt, "standing": Listing}


def schema(name: str) -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of a form: event, receipt or standing. Raises: NotFound."""
    try:
        form = FORMS[name]
    except KeyError:
        raise NotFound(f"no form {name[:40]!r}; there are {', '.join(FORMS)}") from None
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return head | form.model_json_schema()
