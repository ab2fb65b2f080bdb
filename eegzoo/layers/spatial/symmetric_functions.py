"""Logarithm and inverse square root of symmetric positive definite matrices.

The derivative of `torch.linalg.eigh` divides by differences of eigenvalues and is NaN where two
are equal, as they are for a multiple of the identity. That of a matrix function does not: by the
theorem of Daleckii and Krein it has divided differences ``(f(a) - f(b)) / (a - b)``, which tend to
``f'(a)``. Both are computed here without cancellation, and the second derivative as well.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from eegzoo.layers.spatial.symmetric_eigen import symmetric_eigen

# Nodes and weights of a Gauss-Legendre rule on (-1, 1), for integrals over resolvents.
_N_NODES = 64


def matrix_log(matrices: Tensor) -> Tensor:
    """Return the logarithm of symmetric positive definite matrices.

    It can be differentiated twice, also where eigenvalues are equal. Matrices with NaN yield NaN.

    Parameters
    ----------
    matrices : Tensor, shape (..., n, n)
        Symmetric positive definite matrices.

    Returns
    -------
    Tensor, shape (..., n, n)

    References
    ----------
    Daleckii, Krein (1965), Integration and differentiation of functions of Hermitian operators,
    American Mathematical Society Translations 47, 1-30. Ionescu, Vantzos, Sminchisescu (2015),
    Matrix backpropagation for deep networks with structured layers.
    https://doi.org/10.1109/ICCV.2015.339

    Examples
    --------
    >>> matrix_log(torch.eye(2).double() * torch.e)
    tensor([[1., 0.],
            [0., 1.]], dtype=torch.float64)
    """
    return _apply_to_values(matrices, "log")


def inverse_sqrt(matrices: Tensor) -> Tensor:
    """Return the inverse square root of symmetric positive definite matrices.

    It can be differentiated twice, also where eigenvalues are equal. Matrices with NaN yield NaN.

    Parameters
    ----------
    matrices : Tensor, shape (..., n, n)
        Symmetric positive definite matrices.

    Returns
    -------
    Tensor, shape (..., n, n)

    Examples
    --------
    >>> inverse_sqrt(4 * torch.eye(2))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.5000]])
    """
    return _apply_to_values(matrices, "inverse sqrt")


def divided_difference(a: Tensor, b: Tensor, name: str) -> Tensor:
    """Return ``(f(a) - f(b)) / (a - b)`` of a function, without cancellation.

    Parameters
    ----------
    a, b : Tensor
        Positive numbers.
    name : {"log", "inverse sqrt"}
        Function.

    Examples
    --------
    >>> one = torch.tensor(1.0)
    >>> divided_difference(one, one, "log"), divided_difference(one, one, "inverse sqrt")
    (tensor(1.), tensor(-0.5000))
    """
    if name == "inverse sqrt":
        root_a, root_b = a.sqrt(), b.sqrt()
        return -1 / (root_a * root_b * (root_a + root_b))
    # log(a / b) = 2 artanh(r); the series is exact to float64 where artanh(r) / r is not.
    r = (a - b) / (a + b)
    square = r.square()
    near = square < 0.0025
    series = 1 + square * (
        1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square / 11)))
    )
    far = torch.where(near, 0.5, r)
    return 2 / (a + b) * torch.where(near, series, torch.atanh(far) / far)


def _apply_to_values(matrices: Tensor, name: str) -> Tensor:
    if torch.compiler.is_exporting():
        return _eigenvalues_of(*symmetric_eigen(matrices), name)
    result: Tensor = _Function.apply(matrices, name)  # type: ignore[no-untyped-call]
    return result


def _eigenvalues_of(values: Tensor, vectors: Tensor, name: str) -> Tensor:
    mapped = values.log() if name == "log" else values.rsqrt()
    return (vectors * mapped.unsqueeze(-2)) @ vectors.mT


class _Function(torch.autograd.Function):
    """Function of symmetric matrices."""

    @staticmethod
    def forward(ctx: Any, matrices: Tensor, name: str) -> Tensor:
        values, vectors = symmetric_eigen(matrices)
        ctx.save_for_backward(matrices)
        ctx.name = name
        return _eigenvalues_of(values, vectors, name)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (matrices,) = ctx.saved_tensors
        return _Derivative.apply(matrices, gradients[0], ctx.name), None  # type: ignore[no-untyped-call]


class _Derivative(torch.autograd.Function):
    """Derivative of a function of symmetric matrices in a direction; it is its own adjoint."""

    @staticmethod
    def forward(ctx: Any, matrices: Tensor, direction: Tensor, name: str) -> Tensor:
        ctx.save_for_backward(matrices, direction)
        ctx.name = name
        values, vectors = symmetric_eigen(matrices)
        differences = divided_difference(values.unsqueeze(-1), values.unsqueeze(-2), name)
        inner = vectors.mT @ _symmetric(direction) @ vectors
        return vectors @ (differences * inner) @ vectors.mT

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        matrices, direction = ctx.saved_tensors
        along: Tensor = _Derivative.apply(matrices, gradients[0], ctx.name)  # type: ignore[no-untyped-call]
        return _second(matrices, direction, gradients[0], ctx.name), along, None


def _second(matrices: Tensor, first: Tensor, second: Tensor, name: str) -> Tensor:
    """Return the second derivative in two directions.

    Both functions are integrals of resolvents, ``(x + t)^-1`` times -1 for the logarithm and times
    ``t^-1/2 / pi`` for the inverse square root, and so are their derivatives.
    """
    values, vectors = symmetric_eigen(matrices)
    one, other = (vectors.mT @ _symmetric(way) @ vectors for way in (first, second))
    scale = values.log().mean(-1, keepdim=True).exp()
    nodes, weights = _gauss_legendre(values)
    total = torch.zeros_like(one)
    for node, weight in zip(nodes, weights, strict=True):
        # u^2 = t from 0 to infinity, of which half the nodes lie below the mean eigenvalue.
        u = scale.sqrt() * (1 + node) / (1 - node)
        step = weight * 2 * scale.sqrt() / (1 - node).square()
        share = -2 * u * step if name == "log" else step * 2 / torch.pi
        resolvent = 1 / (values + u.square())
        left, right = resolvent.unsqueeze(-1), resolvent.unsqueeze(-2)
        middle = (one * right) @ other + (other * right) @ one
        total = total + share.unsqueeze(-1) * left * middle * right
    return vectors @ total @ vectors.mT


def _gauss_legendre(like: Tensor) -> tuple[Tensor, Tensor]:
    """Return nodes and weights from the eigenvalues of the Jacobi matrix (Golub and Welsch)."""
    k = torch.arange(1, _N_NODES, dtype=torch.float64)
    beside = k / (4 * k.square() - 1).sqrt()
    values, vectors = torch.linalg.eigh(beside.diag(1) + beside.diag(-1))
    return values.to(like.device, like.dtype), (2 * vectors[0].square()).to(like.device, like.dtype)


def _symmetric(matrices: Tensor) -> Tensor:
    return (matrices + matrices.mT) / 2
