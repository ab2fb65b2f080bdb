"""Means of covariance matrices, and the matrices that whiten them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Matrices = npt.NDArray[np.float64]
# Eigenvalues below this fraction of the largest are those of a direction without signal.
RANK_TOLERANCE = 1e-10


def shrunk(covariances: Matrices, shrinkage: float) -> Matrices:
    """Return covariances, each shrunk towards its mean variance.

    Parameters
    ----------
    covariances : array, shape (..., n, n)
        Covariance matrices.
    shrinkage : float
        Weight of the mean variance, from 0 to 1.

    Examples
    --------
    >>> shrunk(np.array([[4.0, 1.0], [1.0, 2.0]]), 0.1)
    array([[3.9, 0.9],
           [0.9, 2.1]])
    """
    n = covariances.shape[-1]
    variance = np.trace(covariances, axis1=-2, axis2=-1)[..., None, None] / n
    result: Matrices = (1 - shrinkage) * covariances + shrinkage * variance * np.eye(n)
    return result


def signal_space(covariance: Matrices, noise: float = 0.0) -> Matrices:
    """Return an orthonormal basis of the directions that contain signal.

    The data of an average reference or with interpolated channels have fewer dimensions than
    channels; what is left in the other directions are rounding errors.

    Parameters
    ----------
    covariance : array, shape (n, n)
        Covariance matrix.
    noise : float
        Variance that rounding errors may have.

    Returns
    -------
    array, shape (n, rank)
        Basis.

    Examples
    --------
    >>> centring = np.eye(3) - 1 / 3                # an average reference
    >>> signal_space(centring @ np.diag([1.0, 2.0, 3.0]) @ centring).shape
    (3, 2)
    """
    values, vectors = np.linalg.eigh(covariance)
    kept: Matrices = vectors[:, values > max(RANK_TOLERANCE * values[-1], noise, 0.0)]
    return kept


def inverse_square_root(covariance: Matrices) -> Matrices:
    """Return the symmetric inverse square root of a positive definite matrix.

    Examples
    --------
    >>> inverse_square_root(np.diag([4.0, 25.0]))
    array([[0.5, 0. ],
           [0. , 0.2]])
    """
    values, vectors = np.linalg.eigh(covariance)
    root: Matrices = (vectors / np.sqrt(values)) @ vectors.T
    return root


def riemannian_mean(
    covariances: Matrices,
    start: Matrices | None = None,
    tolerance: float = 1e-9,
    max_iter: int = 200,
) -> Matrices:
    """Return the affine-invariant mean of positive definite matrices.

    It is the matrix with the smallest sum of squared distances to the others, the distance of A and
    B being the norm of the logarithm of A^-1/2 B A^-1/2. Each step goes along the mean logarithm;
    its length is that of Barzilai and Borwein, which follows from the last step.

    Parameters
    ----------
    covariances : array, shape (n_matrices, n, n)
        Positive definite matrices.
    start : array, shape (n, n) | None
        First estimate. None: the arithmetic mean.
    tolerance : float
        Root mean square of the eigenvalues of the mean logarithm below which the iteration ends.
    max_iter : int
        Largest number of steps.

    Returns
    -------
    array, shape (n, n)
        Mean.

    Raises
    ------
    ValueError
        If a matrix is not positive definite.

    Warns
    -----
    RuntimeWarning
        If the iteration did not end in `max_iter` steps.

    References
    ----------
    Bini and Iannazzo (2013). Computing the Karcher mean of symmetric positive definite matrices.
    Linear Algebra and its Applications 438 (the length of the first step, and bounds of the
    others). https://doi.org/10.1016/j.laa.2011.08.052

    Iannazzo and Porcelli (2018). The Riemannian Barzilai-Borwein method with nonmonotone line
    search and the matrix geometric mean computation. IMA J. Numer. Anal. 38.
    https://doi.org/10.1093/imanum/drx015

    Moakher (2005). A differential geometric approach to the geometric mean of symmetric
    positive-definite matrices. SIAM J. Matrix Anal. Appl. 26.
    https://doi.org/10.1137/S0895479803436937

    Examples
    --------
    The mean of matrices that commute is the geometric mean of their eigenvalues.

    >>> riemannian_mean(np.stack([np.diag([1.0, 9.0]), np.diag([4.0, 4.0])])).round(6)
    array([[2., 0.],
           [0., 6.]])
    """
    values, vectors = np.linalg.eigh(covariances.mean(axis=0) if start is None else start)
    # The mean is equivariant: it is found in the coordinates of a root, which moves along.
    root, inverse = vectors * np.sqrt(values), (vectors / np.sqrt(values)).T
    mean: Matrices = root @ root.T
    sizes: list[float] = []
    step = before = np.zeros_like(root)
    for number in range(max_iter):
        values, vectors = np.linalg.eigh(inverse @ covariances @ inverse.T)
        if not (values[:, 0] > 0).all():
            raise ValueError(
                "expected positive definite covariances, got one with the eigenvalue "
                f"{values[:, 0].min():.1e} relative to the mean"
            )
        logs = np.log(values)
        gradient = ((vectors * logs[:, None]) @ np.swapaxes(vectors, -1, -2)).mean(axis=0)
        sizes.append(float(np.linalg.norm(gradient)) / np.sqrt(len(root)))
        # Rounding errors of badly conditioned matrices may exceed the tolerance.
        stays = sizes[-1] < 1e-6 and min(sizes[-10:]) > min(sizes[:-10], default=np.inf) / 2
        if sizes[-1] < tolerance or stays:
            return mean
        half = (logs[:, -1] - logs[:, 0]) / 2
        curvature = np.where(half > 1e-6, half / np.tanh(np.maximum(half, 1e-6)), 1.0).mean()
        length = 2 / (1 + curvature)
        change = float((step * (before - gradient)).sum())
        if number and change > 0:
            length = min(max(float(np.square(step).sum()) / change, 1 / curvature), 1.0)
        step, before = length * gradient, gradient
        values, vectors = np.linalg.eigh(step / 2)
        root = root @ ((vectors * np.exp(values)) @ vectors.T)
        inverse = ((vectors * np.exp(-values)) @ vectors.T) @ inverse
        mean = root @ root.T
    size = sizes[-1] if sizes else np.inf
    warnings.warn(
        f"the Riemannian mean of {len(covariances)} covariances was not found in {max_iter} steps: "
        f"the mean logarithm is {size:.1e} instead of 0; more shrinkage helps",
        RuntimeWarning,
        stacklevel=2,
    )
    return mean
