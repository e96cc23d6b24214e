"""What is filed in tests: a sound form of whoever has a key, and data that nobody else has."""

import copy
import secrets

from registry.hashes import to_hex
from registry.keys import Key
from registry.messages import party_of
from tests.registry.rules.sample_form import Form, a_form


def form_of(key: Key, form: Form | None = None) -> Form:
    """A copy of the form, the sample by default, with this key's party as its applicant."""
    form = copy.deepcopy(form or a_form())
    form["applicants"][0]["party"] = party_of(key.address)
    return form


def fresh_root() -> str:
    return to_hex(secrets.token_bytes(32))
