"""Expectations of the checks: each raises an AssertionError that says what does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


def expect(holds: object, message: str) -> None:
    """Raise an AssertionError with a message unless a condition holds."""
    if not holds:
        raise AssertionError(message)


@contextmanager
def expect_error(kind: type[Exception], pattern: str, action: str) -> Iterator[None]:
    """Expect an error of a kind whose message matches a regular expression.

    Examples
    --------
    >>> with expect_error(ValueError, "invalid literal", "int('x')"):
    ...     int("x")
    """
    try:
        yield
    except kind as error:
        expect(re.search(pattern, str(error)), f"{action} raises {error!s:.300}, not {pattern!r}")
        return
    raise AssertionError(f"{action} does not raise {kind.__name__} with {pattern!r}")


def expect_same(found: Any, expected: Any, subject: str) -> None:
    """Expect tensors, or collections of them, to be equal bit for bit."""
    expect_close(found, expected, subject, rtol=0.0, atol=0.0)


def expect_close(
    found: Any,
    expected: Any,
    subject: str,
    *,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Expect tensors, or collections of them, to be equal up to a tolerance."""
    torch.testing.assert_close(
        found, expected, rtol=rtol, atol=atol, equal_nan=True,
        msg=lambda reason: f"{subject}: {reason}",
    )  # fmt: skip
