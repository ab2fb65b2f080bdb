"""The weights beside the project stand in for the user's cache."""

import pytest

from tests.beside import SHARED

CACHE = SHARED / "weights"


@pytest.fixture(autouse=True)
def _cache(monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(CACHE))
