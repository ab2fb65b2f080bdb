"""Stagers by name."""

from __future__ import annotations

from typing import Any


def load_stager(name: Any) -> Any:
    """Return a stager."""
    raise ValueError(f"expected the name of a stager, got {name!r}")
