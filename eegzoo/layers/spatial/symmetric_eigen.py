"""Eigenvalues of symmetric matrices, also in exported graphs."""

from __future__ import annotations

import torch
from torch import Tensor

_SWEEPS = 9  # of matrices with more than 6 rows


def symmetric_eigen(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """Return the eigenvalues of symmetric matrices in ascending order, and eigenvectors as columns.

    It is `torch.linalg.eigh`. ONNX has no such operation, so that exported graphs have Jacobi's
    rotations, whose order of eigenvalues is arbitrary. Matrices with NaN have eigenvalues NaN
    instead of an error.

    Parameters
    ----------
    matrices : Tensor, shape (..., n, n)
        Symmetric matrices.

    Returns
    -------
    eigenvalues : Tensor, shape (..., n)
    eigenvectors : Tensor, shape (..., n, n)

    Examples
    --------
    >>> symmetric_eigen(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))[0]
    tensor([1., 2.])
    """
    finite = torch.isfinite(matrices).all(-1, keepdim=True).all(-2, keepdim=True)
    one = torch.eye(matrices.shape[-1], dtype=matrices.dtype, device=matrices.device)
    safe = torch.where(finite, matrices, one)
    values, vectors = jacobi(safe) if torch.compiler.is_exporting() else torch.linalg.eigh(safe)
    return torch.where(finite[..., 0], values, torch.nan), vectors


def jacobi(matrices: Tensor, n_sweeps: int | None = None) -> tuple[Tensor, Tensor]:
    """Return eigenvalues, in any order, and eigenvectors by Jacobi's rotations.

    A round rotates disjoint pairs of axes at once, and a sweep of rounds all pairs. Convergence is
    quadratic; the number of sweeps is fixed, so that the graph is.

    Parameters
    ----------
    matrices : Tensor, shape (..., n, n)
        Symmetric matrices.
    n_sweeps : int | None
        Number of sweeps. None: enough for matrices of this size, whose entries beside the diagonal
        are then at rounding error.

    Returns
    -------
    eigenvalues : Tensor, shape (..., n)
    eigenvectors : Tensor, shape (..., n, n)

    References
    ----------
    Golub, Van Loan (2013). Matrix Computations, 4th edition, section 8.5.

    Examples
    --------
    >>> jacobi(torch.tensor([[2.0, 1.0], [1.0, 2.0]]))[0].sort().values
    tensor([1.0000, 3.0000])
    """
    n = matrices.shape[-1]
    if n_sweeps is None:
        # One rotation solves two rows; of three rows, four sweeps do in every case that was tried.
        n_sweeps = 1 if n == 2 else min(_SWEEPS, n + 2)
    vectors = torch.eye(n, dtype=matrices.dtype, device=matrices.device).expand_as(matrices)
    rounds = [_placements(pairs, n, matrices) for pairs in _rounds(n)]
    for _ in range(n_sweeps if n > 1 else 0):
        for first, second, cosines_at, sines_at, rest in rounds:
            flat = matrices.flatten(-2)
            # The smaller of the two rotations that set the entry of a pair to zero.
            a, b, off = (flat @ place for place in (first, second, sines_at.clamp_min(0).mT))
            gap = b - a
            denominator = gap.abs() + (gap.square() + 4 * off.square()).sqrt()
            tangent = torch.where(gap < 0, -2.0, 2.0) * off
            tangent = tangent / torch.where(denominator > 0, denominator, 1.0)
            cosine = (1 + tangent.square()).rsqrt()
            rotation = cosine @ cosines_at + (tangent * cosine) @ sines_at + rest
            rotation = rotation.reshape(matrices.shape)
            matrices = rotation.mT @ matrices @ rotation
            vectors = vectors @ rotation
    one = torch.eye(n, dtype=matrices.dtype, device=matrices.device)
    return (matrices * one).sum(-1), vectors


def _rounds(n: int) -> list[list[tuple[int, int]]]:
    """Return the rounds of a tournament, each a list of disjoint pairs, in which all pairs meet."""
    players: list[int | None] = [*range(n), *([None] if n % 2 else [])]
    rounds = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        opponents = zip(players[:half], reversed(players[half:]), strict=True)
        rounds.append(
            [(min(a, b), max(a, b)) for a, b in opponents if a is not None and b is not None]
        )
        players = [players[0], players[-1], *players[1:-1]]
    return rounds


def _placements(pairs: list[tuple[int, int]], n: int, like: Tensor) -> tuple[Tensor, ...]:
    """Return matrices that read the entries of pairs and that write their rotations.

    They read the first and the second diagonal entry of each pair, (n * n, pairs), and write its
    cosine and its sine, (pairs, n * n); the last has ones for an axis without a partner.
    """
    first, second = torch.zeros(n * n, len(pairs)), torch.zeros(n * n, len(pairs))
    sines, rest = torch.zeros(len(pairs), n * n), torch.eye(n).flatten()
    for k, (p, q) in enumerate(pairs):
        first[p * n + p, k] = second[q * n + q, k] = 1.0
        sines[k, p * n + q], sines[k, q * n + p] = 1.0, -1.0
        rest[p * n + p] = rest[q * n + q] = 0.0
    placed = (first, second, (first + second).mT, sines, rest)
    return tuple(matrix.to(like.device, like.dtype) for matrix in placed)
