"""Whether this process was forked from one in which obstore had made requests."""

from __future__ import annotations

import os

_used = False
_forked = False


def mark_used() -> None:
    """Note that obstore may make requests in this process."""
    global _used
    _used = True


def is_forked() -> bool:
    """Return whether this process was forked from one in which obstore may have made requests."""
    return _forked


def _after_fork() -> None:
    global _forked
    _forked = _forked or _used


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
