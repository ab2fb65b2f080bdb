"""Chambon et al.'s network: contexts of windows."""

import pytest
import torch

from eegzoo.models import create_model


def build(n_chans=1, **options):
    sizes = {"n_chans": n_chans, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    return create_model("chambon2018", **sizes, **options).eval()


def test_window_has_the_features_of_its_context():
    model, x = build(2, context_length=5), torch.randn(1, 9, 2, 3000)
    alone = model.window_features(x[0])
    found = model.features(x)[0].unflatten(1, (5, -1))
    for place in range(9):
        for offset in range(-2, 3):
            inside = 0 <= place + offset < 9
            expected = alone[place + offset] if inside else torch.zeros_like(alone[0])
            torch.testing.assert_close(found[place, offset + 2], expected)


def test_convolutions_are_those_of_stagernet_plus_one_sample():
    # With kernels of odd length both are padded alike.
    sizes = {"n_chans": 2, "n_times": 3000, "n_outputs": 5, "sfreq": 100, "kernel_length": 51}
    model, other = create_model("chambon2018", **sizes), create_model("stagernet", **sizes)
    state = {key: value for key, value in other.state_dict().items() if "head" not in key}
    model.load_state_dict(state, strict=False)
    x = torch.randn(3, 2, 3000)
    torch.testing.assert_close(model.window_features(x), other.features(x))


@pytest.mark.parametrize("padding", [0.0, 1e6, torch.nan])
def test_padding_has_no_influence(padding):
    model, x = build(), torch.randn(2, 4, 1, 3000)
    x[1, 1:] = padding
    out = model(x, lengths=torch.tensor([4, 1]))
    torch.testing.assert_close(out[0], model(x[:1])[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(out[1, :1], model(x[1:, 0]), rtol=1e-4, atol=1e-5)


def test_even_context_raises():
    with pytest.raises(ValueError, match="context_length to be odd, got 20"):
        build(context_length=20)
