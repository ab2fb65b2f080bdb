"""Functions of symmetric matrices against SciPy, and their derivatives where eigenvalues meet."""

import numpy as np
import pytest
import scipy.linalg
import torch

from eegzoo.layers.spatial.symmetric_eigen import jacobi, symmetric_eigen
from eegzoo.layers.spatial.symmetric_functions import (
    divided_difference,
    inverse_sqrt,
    matrix_log,
)

MATRICES = {
    "identity": torch.eye(4),
    "multiple": 7 * torch.eye(4),
    "two equal": torch.diag(torch.tensor([1.0, 1.0, 3.0, 1e3])),
    "ill-conditioned": torch.diag(torch.tensor([1e-4, 1.0, 2.0, 1e4])),
    "random": torch.from_numpy(np.cov(np.random.default_rng(0).normal(size=(4, 9)))),
}
FUNCTIONS = {
    "log": (matrix_log, scipy.linalg.logm),
    "inverse sqrt": (inverse_sqrt, lambda matrix: np.linalg.inv(scipy.linalg.sqrtm(matrix))),
}
every_matrix = pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
every_function = pytest.mark.parametrize(("ours", "theirs"), FUNCTIONS.values(), ids=FUNCTIONS)


@every_matrix
@every_function
def test_values_are_scipys(ours, theirs, matrix):
    expected = torch.from_numpy(theirs(matrix.double().numpy()))
    torch.testing.assert_close(ours(matrix.double()), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("matrix", [m for n, m in MATRICES.items() if n != "ill-conditioned"])
@every_function
def test_both_derivatives_are_right_where_eigenvalues_meet(ours, theirs, matrix):
    x = matrix.clone().double().requires_grad_()

    def function(x):
        return ours((x + x.mT) / 2)

    assert torch.autograd.gradcheck(function, (x,))
    assert torch.autograd.gradgradcheck(function, (x,))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-6, 1e-3, 0.05, 0.11, 1.0, 1e6])
def test_divided_differences_do_not_cancel(name, gap):
    a = torch.tensor(2.0, dtype=torch.float64)
    b = a + gap
    wide_a, wide_b = np.longdouble(2.0), np.longdouble(b.item())
    if gap == 0.0:
        expected = {"log": 0.5, "inverse sqrt": -0.5 * 2**-1.5}[name]
    elif name == "log":
        expected = float(np.log1p((wide_b - wide_a) / wide_a) / (wide_b - wide_a))
    else:
        root_a, root_b = np.sqrt(wide_a), np.sqrt(wide_b)
        expected = float(-1 / (root_a * root_b * (root_a + root_b)))
    for ends in ((a, b), (b, a)):
        assert divided_difference(*ends, name).item() == pytest.approx(expected, rel=1e-13)


@every_matrix
def test_rotations_find_the_eigenvalues_of_numpy(matrix):
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0]
    matrix = turn @ matrix.double() @ turn.mT
    values, vectors = jacobi(matrix.expand(2, 4, 4))
    expected = np.linalg.eigvalsh(matrix.numpy())
    assert np.allclose(values[1].sort().values, expected, rtol=1e-9, atol=1e-12 * expected.max())
    rebuilt = (vectors * values.unsqueeze(-2)) @ vectors.mT
    torch.testing.assert_close(rebuilt[0], matrix, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 19, 64])
def test_rotations_of_any_size(n):
    half = torch.randn(n, n, dtype=torch.float64)
    matrix = half + half.mT
    values = jacobi(matrix)[0].sort().values
    torch.testing.assert_close(values, torch.linalg.eigvalsh(matrix), rtol=1e-7, atol=1e-7)


def test_nan_stays_in_its_matrix():
    matrices = torch.eye(3).repeat(2, 1, 1)
    matrices[0, 1, 1] = torch.nan
    assert symmetric_eigen(matrices)[0].isnan().all(-1).tolist() == [True, False]
    assert matrix_log(matrices).isnan().all((-2, -1)).tolist() == [True, False]
