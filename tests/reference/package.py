"""Where the numbers go, and what draws the weights: the package's own, without importing torch."""

import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[2] / "eegzoo" / "models" / "references"
sys.path.insert(0, str(FOLDER))

from seeded import draw, positions  # noqa: E402

__all__ = ["FOLDER", "draw", "positions", "save"]


def save(file, arrays, meta):
    """Write the arrays and how they were made to a file of the package."""
    np.savez_compressed(FOLDER / file, **arrays, meta_json=json.dumps(meta))
