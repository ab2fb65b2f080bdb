"""How many zeros stand on either side of a signal before it is convolved or pooled."""

from __future__ import annotations

from collections.abc import Sequence


def same_padding(
    n_times: int, kernel_size: int, stride: int = 1, dilation: int = 1
) -> tuple[int, int]:
    """Return the padding that TensorFlow calls "SAME".

    The output has ``ceil(n_times / stride)`` samples; when the padding is odd, the extra zero
    stands on the right.

    Parameters
    ----------
    n_times, kernel_size, stride, dilation : int
        Samples of the input, and the window that slides over it.

    Returns
    -------
    tuple of int
        Zeros on the left and on the right.

    Examples
    --------
    >>> same_padding(1000, 32)
    (15, 16)
    >>> same_padding(3000, 50, stride=6)
    (22, 22)
    """
    n_outputs = -(-n_times // stride)
    total = max(0, (n_outputs - 1) * stride + dilation * (kernel_size - 1) + 1 - n_times)
    return total // 2, total - total // 2


def causal_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding after which no output depends on a later input.

    Examples
    --------
    >>> causal_padding(5, dilation=3)
    (12, 0)
    """
    return dilation * (kernel_size - 1), 0


def is_lopsided(padding: Sequence[int]) -> bool:
    """Tell whether any axis has more zeros on one side than on the other.

    Examples
    --------
    >>> is_lopsided((2, 2, 15, 16))
    True
    """
    return padding[::2] != padding[1::2]
