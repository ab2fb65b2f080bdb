"""Shared data next to the repository, available only where eegzoo is developed."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
MNE_DATA = SHARED / "data" / "mne_data"


def needs(path):
    """Return a decorator that marks a test `realdata` and skips it if `path` does not exist."""

    def mark(test):
        absent = pytest.mark.skipif(not path.exists(), reason=f"{path.name} is not available")
        return pytest.mark.realdata(absent(test))

    return mark
