"""Access to the package: where reference files go, and the draw of weights, without torch."""

import json
import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np

FOLDER = Path(__file__).parents[2] / "eegzoo" / "models" / "references"
sys.path.insert(0, str(FOLDER))

from seeded import draw, positions  # noqa: E402

__all__ = ["FOLDER", "draw", "import_from_arguments", "positions", "save"]


def import_from_arguments(subfolder=".", unused=()):
    """Make code in the folders on the command line importable, and return the folders.

    Modules named in `unused`, which the code imports but does not need here, are replaced.
    """
    folders = sys.argv[1:]
    sys.path[:0] = [f"{folder}/{subfolder}" for folder in folders]
    sys.modules |= {name: MagicMock() for name in unused}
    return folders


def save(file, arrays, meta):
    """Write arrays, and how they were made, to a file of the package."""
    np.savez_compressed(FOLDER / file, **arrays, meta_json=json.dumps(meta))
