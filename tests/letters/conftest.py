"""One set of letters for all tests of this folder: setting it up reads the catalogues."""

from __future__ import annotations

import pytest

from mailflow.letters import Letters
from tests.letters.samples import SERVICE


@pytest.fixture(scope="session")
def letters() -> Letters:
    return Letters(SERVICE)
