"""Convolutions along patches of every channel."""

from __future__ import annotations

from torch import Tensor, nn

from eegzoo.arguments import positive_int


class PatchConvolutions(nn.Sequential):
    """Three convolutions along each patch, with group normalisations and GELU.

    The first shortens a patch by its stride, and the others have three samples. The normalisations
    take their statistics over all patches and channels of a window.

    Parameters
    ----------
    n_filters : int
        Number of filters of each convolution, a multiple of `n_groups`.
    kernel_length : int
        Number of samples in a filter of the first convolution.
    stride : int
        Its stride.
    padding : int
        Number of zeros at each end of a patch.
    n_groups : int
        Number of groups of filters that are normalised together.

    Examples
    --------
    >>> convolutions = PatchConvolutions(8, kernel_length=15, stride=8, padding=7)
    >>> convolutions(torch.randn(2, 22, 4, 200)).shape
    torch.Size([2, 8, 88, 25])
    """

    def __init__(
        self, n_filters: int, kernel_length: int, stride: int, padding: int, n_groups: int = 4
    ) -> None:
        if positive_int("n_filters", n_filters) % n_groups:
            raise ValueError(f"expected n_filters to be a multiple of {n_groups}, got {n_filters}")
        first = nn.Conv2d(
            1, n_filters, (1, kernel_length), stride=(1, stride), padding=(0, padding)
        )
        layers: list[nn.Module] = []
        for number in range(3):
            convolution = (
                nn.Conv2d(n_filters, n_filters, (1, 3), padding=(0, 1)) if number else first
            )
            layers += [convolution, nn.GroupNorm(n_groups, n_filters), nn.GELU()]
        super().__init__(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_patches, patch_length) to (batch, n_filters, patches, steps).

        The patches of all channels are one axis.
        """
        maps: Tensor = super().forward(x.flatten(1, 2).unsqueeze(1))
        return maps


class PatchTokens(nn.Module):
    """Tokens of the steps of `PatchConvolutions`, each with all of its filters.

    Parameters
    ----------
    n_filters, kernel_length, stride, padding : int
        As in `PatchConvolutions`.

    Examples
    --------
    >>> PatchTokens(8, kernel_length=15, stride=8, padding=7)(torch.randn(2, 22, 4, 200)).shape
    torch.Size([2, 22, 4, 200])
    """

    def __init__(self, n_filters: int, kernel_length: int, stride: int, padding: int) -> None:
        super().__init__()
        self.layers = PatchConvolutions(n_filters, kernel_length, stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_patches, patch_length) to (..., features)."""
        maps = self.layers(x)
        out: Tensor = maps.permute(0, 2, 3, 1).flatten(2).unflatten(1, x.shape[1:3])
        return out
