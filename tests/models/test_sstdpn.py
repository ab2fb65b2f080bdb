"""SST-DPN: its variances and gates against their definition."""

import numpy as np
import pytest
import torch

from eegzoo.models.sstdpn import SSTDPN

SIZES = {"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250}


@pytest.mark.parametrize(
    ("sfreq", "lengths"), [(250, (75, (50, 100, 200), 250)), (128, (38, (26, 51, 102), 128))]
)
def test_lengths_follow_the_sampling_rate(sfreq, lengths):
    model = SSTDPN(**{**SIZES, "sfreq": sfreq})
    found = (model.kernel_length, model.pool_lengths, model.attention_pool_length)
    assert found == lengths


def test_features_are_variances_of_overlapping_segments():
    model = SSTDPN(**SIZES, n_filters=(2, 4), pool_lengths=(10, 21)).eval()
    kept = []
    model.mix.register_forward_hook(lambda *call: kept.append(call[2].detach().numpy()))
    features = model.features(torch.randn(1, 3, 500)).detach().numpy()[0]
    (maps,) = kept[0]
    short = [[row[i : i + 10].var() for i in range(0, 491, 5)] for row in maps[:2]]
    long = [[row[i : i + 21].var() for i in range(0, 480, 10)] for row in maps[2:]]
    expected = np.concatenate([np.ravel(short), np.ravel(long)])
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-5)


def test_gates_do_not_suffer_from_offsets():
    model = SSTDPN(**SIZES).eval()
    with torch.no_grad():
        model.gate.gamma.normal_()
        model.gate.beta.normal_()
    x = torch.randn(2, 27, 500)
    gates = model.gate(x + 3e3) / (x + 3e3)
    torch.testing.assert_close(gates, model.gate(x) / x, rtol=1e-3, atol=1e-3)
    assert gates[..., 0].std() > 0.1


def test_temporal_filters_are_those_of_every_channel():
    model = SSTDPN(**SIZES).eval()
    x = torch.randn(1, 3, 500)
    kept = []
    model.gate.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    model.features(x)
    model.features(x.flip(1))
    found, swapped = (signals.unflatten(1, (3, 9)) for signals in kept)
    torch.testing.assert_close(found, swapped.flip(1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_filters": (9, 47)}, "pool_lengths of at least 2, and as many as divide"),
        ({"pool_lengths": (1, 4)}, "pool_lengths of at least 2"),
        ({"n_times": 199}, "n_times of at least 200"),
        ({"attention_pool_length": 501}, "n_times of at least 501"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        SSTDPN(**{**SIZES, **arguments})
