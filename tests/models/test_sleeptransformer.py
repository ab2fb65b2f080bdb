"""SleepTransformer: its tokens, positions and padding."""

import pytest
import torch

from eegzoo.models import create_model


def build(n_chans=1, n_times=3000, sfreq=100, **options):
    torch.manual_seed(0)
    sizes = {"n_chans": n_chans, "n_times": n_times, "n_outputs": 5, "sfreq": sfreq}
    small = {"depth": 1, "second_depth": 1, "feedforward_size": 16}
    return create_model("sleeptransformer", **sizes, **(small | options)).eval()


def test_highest_bin_is_left_out():
    model, spectra = build(2), torch.randn(3, 2, 29, 129)
    expected = model.window_features(spectra)
    spectra[..., -1] = 1e6
    assert torch.equal(model.window_features(spectra), expected)
    spectra[..., 0] += 1
    assert not torch.allclose(model.window_features(spectra), expected)


def test_order_of_frames_and_of_windows_matters():
    model, spectra = build(), torch.randn(3, 1, 29, 129)
    features = model.window_features(spectra)
    assert (model.window_features(spectra.flip(2)) - features).abs().max() > 1e-3
    forwards = model.over_windows(features[None])
    backwards = model.over_windows(features.flip(0)[None]).flip(1)
    assert (forwards - backwards).abs().max() > 1e-3


def test_layers_of_a_transformer_start_with_the_same_weights():
    model = build(depth=3)
    first, *others = [layer.state_dict() for layer in model.over_frames]
    for other in others:
        assert all(torch.equal(other[key], first[key]) for key in first)


def test_a_night_longer_than_the_training_sequences_is_a_sequence():
    assert build()(torch.randn(1, 50, 1, 3000)).shape == (1, 50, 5)


@pytest.mark.parametrize("padding", [0.0, 1e6, torch.nan])
def test_padding_has_no_influence(padding):
    model, x = build(), torch.randn(2, 4, 1, 3000)
    x[1, 1:] = padding
    out = model(x, lengths=torch.tensor([4, 1]))
    assert out.isfinite().all()
    torch.testing.assert_close(out[0], model(x[:1])[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(out[1, :1], model(x[1:, 0]), rtol=1e-4, atol=1e-5)


def test_heads_must_divide_a_token():
    with pytest.raises(ValueError, match=r"n_heads to divide the 128 features of a token, .*got 3"):
        build(n_heads=3)
    assert build(3, n_heads=3)(torch.randn(1, 3, 3000)).shape == (1, 5)
