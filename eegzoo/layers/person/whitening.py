"""Covariances whitened by the mean covariance of one person."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.person.person_statistics import PersonStatistics
from eegzoo.layers.spatial.symmetric_functions import inverse_sqrt
from eegzoo.torch_internals import wide_dtype


class PersonWhitening(PersonStatistics):
    """Whiten covariances of windows by the arithmetic mean covariance of the person.

    A covariance C becomes ``M^-1/2 C M^-1/2``, with M the mean over the person's windows, in each
    band apart. The mean of the results is the identity for every person.

    Parameters
    ----------
    n_bands : int
        Number of bands, each with its covariance.
    n_chans : int
        Number of channels.
    momentum : float
        Share of a batch in the running mean.

    Attributes
    ----------
    running_mean : Tensor, shape (n_bands, n_chans, n_chans)
        Mean covariance of the person, or over people.
    whitening : Tensor, shape (n_bands, n_chans, n_chans)
        Its inverse square root.

    References
    ----------
    Zanini, Congedo, Jutten, Said, Berthoumieu (2018). Transfer learning: a Riemannian geometry
    framework with applications to brain-computer interfaces. IEEE Trans. Biomed. Eng. 65, 1107.
    https://doi.org/10.1109/TBME.2017.2742541

    He, Wu (2020). Transfer learning for brain-computer interfaces: a Euclidean space data alignment
    approach. IEEE Trans. Biomed. Eng. 67, 399. https://doi.org/10.1109/TBME.2019.2913914

    Examples
    --------
    >>> from eegzoo.layers.spatial.covariance import window_covariance
    >>> whiten = PersonWhitening(n_bands=1, n_chans=2)
    >>> windows = 20 * torch.randn(30, 1, 2, 256, dtype=torch.float64)
    >>> whiten(window_covariance(windows, shrinkage=0.05)).mean(0).round(decimals=3).abs()
    tensor([[[1., 0.],
             [0., 1.]]], dtype=torch.float64)
    """

    running_mean: Tensor
    whitening: Tensor

    def __init__(self, n_bands: int, n_chans: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.n_bands = positive_int("n_bands", n_bands)
        self.n_chans = positive_int("n_chans", n_chans)
        self.momentum = number_between("momentum", momentum, 0.0, 1.0)
        one = torch.eye(self.n_chans).repeat(self.n_bands, 1, 1)
        self.register_buffer("running_mean", one)
        self.register_buffer("whitening", one.clone())

    def forward(self, covariances: Tensor) -> Tensor:
        """Whiten covariances, shape (batch, n_bands, n_chans, n_chans)."""
        with without_autocast(covariances):
            if not self.training:
                whitening = self.whitening.to(covariances.dtype)
                return whitening @ covariances @ whitening
            people = self.parts(covariances)
            means = people.mean(1)
            self._track(means.detach().mean(0))
            whitening = inverse_sqrt(means).unsqueeze(1)
            return (whitening @ people @ whitening).flatten(0, 1)

    @torch.no_grad()
    def _track(self, mean: Tensor) -> None:
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.whitening.copy_(inverse_sqrt(self.running_mean.to(mean.dtype)))

    def sums(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the number of windows and the sum of their covariances."""
        covariances = x.detach().to(wide_dtype(x))
        return covariances.new_tensor(float(len(x))), covariances.sum(0)

    @torch.no_grad()
    def set_statistics(self, *sums: Tensor) -> None:
        """Set the mean covariance and its inverse square root."""
        count, total = sums
        self.running_mean.copy_(total / count)
        self.whitening.copy_(inverse_sqrt(total / count))

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"n_bands={self.n_bands}, n_chans={self.n_chans}, momentum={self.momentum:g}"
