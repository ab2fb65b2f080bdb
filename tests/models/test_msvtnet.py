"""MSVTNet: its branches, its class token and its dropout."""

import pytest
import torch
from torch import nn

from eegzoo.models.msvtnet import MSVTNet

SIZES = {"n_chans": 3, "n_times": 250, "n_outputs": 2, "sfreq": 250}


def test_each_branch_has_its_own_kernels():
    model = MSVTNet(**SIZES, kernel_lengths=(5, 9), n_filters=4, n_heads=4)
    assert [scale[0].temporal.kernel_size for scale in model.scales] == [(1, 5), (1, 9)]
    tokens = model.branches(torch.randn(2, 3, 250))
    assert [each.shape for each in tokens] == [(2, 4, 8)] * 2
    assert model.num_features == 16


def test_features_are_the_transformers_output_at_the_class_token():
    model = MSVTNet(**SIZES).eval()
    x = torch.randn(2, 3, 250)
    kept = []
    model.transformer.register_forward_hook(lambda *call: kept.append(call[1:]))
    features = model.features(x)
    (tokens,), out = kept[0]
    torch.testing.assert_close(features, out[:, 0])
    # The class token and the positions start at zero.
    assert not tokens[:, 0].any()
    torch.testing.assert_close(tokens[:, 1:], torch.cat(model.branches(x), dim=2))


def test_dropout_is_where_the_authors_have_it():
    model = MSVTNet(**SIZES, drop_prob=0.1, transformer_drop_prob=0.2, depth=1)
    drops = {name: m.p for name, m in model.named_modules() if isinstance(m, nn.Dropout)}
    expected = {f"scales.{scale}.{place}": 0.1 for scale in range(4) for place in (4, 9)}
    parts = ("attend.0.drop", "attend.1", "expand.2", "expand.4")
    assert drops == expected | {
        "position_drop": 0.2, **{f"transformer.0.{part}": 0.2 for part in parts}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 55}, "n_times of at least 56"),
        ({"n_heads": 5}, "multiple of num_heads=5"),
        ({"kernel_lengths": ()}, "kernel_lengths"),
        ({"pool_lengths": (8,)}, "pool_lengths"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        MSVTNet(**{**SIZES, **arguments})
