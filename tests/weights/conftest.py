"""Fixture that replaces the user's cache by a folder of authors' weights."""

import pytest

from tests.shared_data import SHARED

CACHE = SHARED / "weights"


@pytest.fixture(autouse=True)
def _cache(monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(CACHE))
