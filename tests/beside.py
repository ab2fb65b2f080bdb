"""What lies beside the project where it is developed, and not in a user's clone."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
MNE_DATA = SHARED / "data" / "mne_data"


def needs(path):
    """Mark a test that reads `path`: it skips, saying so, where that is absent."""

    def mark(test):
        absent = pytest.mark.skipif(
            not path.exists(), reason=f"{path.name} is not beside the clone"
        )
        return pytest.mark.realdata(absent(test))

    return mark
