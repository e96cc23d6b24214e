"""A sound form and the profile it is filed under."""

import pytest

from registry.rules.profiles import Profile, load
from tests.registry.rules.sample_form import Form, a_form


@pytest.fixture
def sandbox() -> Profile:
    return load("SANDBOX")


@pytest.fixture
def form() -> Form:
    return a_form()
