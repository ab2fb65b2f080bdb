"""TCFormer: convolutions of three lengths, a transformer, and a causal convolutional network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.attention.grouped_query import GroupedQueryAttention
from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.attention.squeeze_excitation import SqueezeExcitation
from eegzoo.layers.attention.vision_transformer import DropPath
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.blocks.tcn import TCNBlock
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_REDUCTION = 4  # channels for each hidden unit of the gates
_EPS, _MOMENTUM = 1e-5, 0.1  # torch's


@register_model(
    "tcformer",
    tasks=("motor imagery",),
    paper="Altaheri et al. (2025), Temporal convolutional transformer for EEG based motor imagery "
    "decoding",
    doi="10.1038/s41598-025-16219-7",
    source="braindecode 1.8.1, TCFormer after Altaheri/TCFormer, a port (tests/reference/"
    "make_tcformer.py)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class TCFormer(EEGModel):
    """TCFormer: convolutions of three lengths, a transformer, and a causal convolutional network.

    Equal to the port in braindecode 1.8.1 of the authors' PyTorch code. The maps of each kernel
    length are a group. The causal network sees these groups and, as one more, the transformer's
    features, each group by itself, and the outputs are the mean over a classifier for each. Lengths
    are in samples and do not follow `sfreq`; they are for 250 Hz. `eegzoo.layers.RotaryPositions`
    tells how the code lets positions enter.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Number of temporal filters of each length.
    kernel_lengths : sequence of int
        Lengths of the temporal filters in samples.
    second_kernel_length : int
        Length of the second temporal filters, in samples after the first pool.
    D : int
        Number of spatial filters for each temporal filter.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input.
    group_dim : int
        Number of maps of each group, a multiple of 4.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of heads of queries in each layer.
    n_kv_heads : int
        Number of heads of keys and values, which the heads of queries share.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of the features of
        a token.
    tcn_depth : int
        Number of blocks of the causal network.
    tcn_kernel_length : int
        Length of its kernels in tokens.
    drop_prob : float
        Dropout probability after each pool.
    transformer_drop_prob : float
        Dropout probability in the transformer.
    path_drop_prob : float
        Probability that a window skips a part of the last transformer layer. It grows from zero
        with the square of the layer's number.
    tcn_drop_prob : float
        Dropout probability in the causal network.
    head_max_norm : float | None
        Maximum norm of the weights of an output in each group. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Altaheri, Karray, Karimi (2025). Temporal convolutional transformer for EEG based motor imagery
    decoding. Sci. Rep. 15, 32959. https://doi.org/10.1038/s41598-025-16219-7

    Reference implementation: https://github.com/braindecode/braindecode, version 1.8.1, after
    https://github.com/Altaheri/TCFormer.

    Examples
    --------
    >>> model = TCFormer(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 64]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 32,
        kernel_lengths: Sequence[int] = (20, 32, 64),
        second_kernel_length: int = 16,
        D: int = 2,
        pool_lengths: tuple[int, int] = (8, 7),
        group_dim: int = 16,
        depth: int = 2,
        n_heads: int = 4,
        n_kv_heads: int = 2,
        expansion: int = 2,
        tcn_depth: int = 2,
        tcn_kernel_length: int = 4,
        drop_prob: float = 0.4,
        transformer_drop_prob: float = 0.4,
        path_drop_prob: float = 0.25,
        tcn_drop_prob: float = 0.3,
        head_max_norm: float | None = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, kernel_lengths=kernel_lengths,
            second_kernel_length=second_kernel_length, D=D, group_dim=group_dim, depth=depth,
            n_heads=n_heads, n_kv_heads=n_kv_heads, expansion=expansion, tcn_depth=tcn_depth,
            tcn_kernel_length=tcn_kernel_length, drop_prob=drop_prob,
            transformer_drop_prob=transformer_drop_prob, path_drop_prob=path_drop_prob,
            tcn_drop_prob=tcn_drop_prob, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        if self.group_dim % _REDUCTION:
            raise ValueError(
                f"expected group_dim to be a multiple of {_REDUCTION}, got {group_dim}"
            )
        self.check_smallest_window(pool_1 * pool_2)

        n_groups = len(self.kernel_lengths)
        n_maps = n_groups * self.n_filters * self.D
        n_features = n_groups * self.group_dim
        self.fronts = nn.ModuleList(
            depthwise_front(
                self.n_chans, self.n_filters, self.D, length, eps=_EPS, momentum=_MOMENTUM
            )
            for length in self.kernel_lengths
        )
        self.reduced = nn.Sequential(
            *norm_pool(n_maps, pool_1, self.drop_prob, _EPS, _MOMENTUM),
            nn.Conv1d(n_maps, n_features, 1, groups=n_groups, bias=False),
            nn.BatchNorm1d(n_features),
            ConstrainedConv1d(
                n_features, n_features, self.second_kernel_length, groups=n_groups, bias=False,
                max_norm=None,
            ),
            nn.BatchNorm1d(n_features),
            nn.ELU(),
        )  # fmt: skip
        self.gate = SqueezeExcitation(n_features, _REDUCTION, n_groups)
        self.pool = nn.Sequential(nn.AvgPool1d(pool_2), Dropout(self.drop_prob))
        self.mix = _mixture(n_features, n_features)
        shares = [(layer / max(1, self.depth - 1)) ** 2 for layer in range(self.depth)]
        n_tokens = self.n_times // pool_1 // pool_2
        self.transformer = nn.Sequential(
            *(
                _transformer_layer(
                    GroupedQueryAttention(
                        n_features, self.n_heads, self.n_kv_heads, n_tokens,
                        self.transformer_drop_prob,
                    ),
                    n_features, self.expansion, self.transformer_drop_prob,
                    share * self.path_drop_prob,
                )
                for share in shares
            )
        )  # fmt: skip
        self.last_group = _mixture(n_features, self.group_dim)
        self.num_features = n_features + self.group_dim
        self.n_groups = n_groups + 1
        self.tcn = nn.Sequential(
            *(
                TCNBlock(
                    self.num_features, self.num_features, self.tcn_kernel_length, 2**block,
                    self.tcn_drop_prob, groups=self.n_groups, eps=_EPS, momentum=_MOMENTUM,
                )
                for block in range(self.tcn_depth)
            )
        )  # fmt: skip
        self.head = self.make_head(self.n_outputs)
        _xavier_init_(self)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = torch.cat([front(x) for front in self.fronts], dim=1)
        x = self.reduced(x)  # (batch, 48, 125) for 1000 samples
        groups = self.pool(x + self.gate(x))  # (batch, 48, 17)
        tokens = self.transformer(self.mix(groups).transpose(1, 2))
        groups = torch.cat([groups, self.last_group(tokens.transpose(1, 2))], dim=1)
        out: Tensor = self.tcn(groups)[..., -1]
        return out

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = _MeanOfGroups(self.num_features, n_outputs, self.n_groups, self.head_max_norm)
        _xavier_init_(head)
        return head


def _transformer_layer(
    attention: nn.Module, features: int, expansion: int, drop_prob: float, path: float
) -> ResidualParts:
    """Return attention and a feed-forward part, each preceded by layer normalisation."""
    attend = nn.Sequential(nn.LayerNorm(features), attention, DropPath(path))
    expand = nn.Sequential(
        nn.LayerNorm(features),
        nn.Linear(features, expansion * features),
        nn.GELU(),
        nn.Linear(expansion * features, features),
        Dropout(drop_prob),
        DropPath(path),
    )
    return ResidualParts(attend, expand)


class _MeanOfGroups(nn.Module):
    """Mean of the outputs of one linear layer for each group of features."""

    def __init__(
        self, num_features: int, n_outputs: int, n_groups: int, max_norm: float | None
    ) -> None:
        super().__init__()
        self.n_groups = n_groups
        self.groups = ConstrainedConv1d(
            num_features, n_groups * n_outputs, 1, groups=n_groups, max_norm=max_norm
        )

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.groups(x.unsqueeze(2)).squeeze(2)
        by_group = torch.unflatten(outputs, 1, (self.n_groups, -1))
        return by_group.mean(dim=1)


def _mixture(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(n_in, n_out, 1, bias=False), nn.BatchNorm1d(n_out), nn.SiLU())


def _xavier_init_(module: nn.Module) -> None:
    """Initialise linear and convolutional layers in place as the authors do."""
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
