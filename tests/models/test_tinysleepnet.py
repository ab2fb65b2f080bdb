"""TinySleepNet compared with its authors' TensorFlow code."""

import dataclasses

import pytest
import torch

from eegzoo.layers.recurrent.peephole_lstm import PeepholeLSTM
from eegzoo.models import TinySleepNet
from eegzoo.models.references import find_reference

REFERENCE = find_reference("tinysleepnet")


def test_the_model_equals_the_authors_at_another_sampling_rate():
    arguments = {**REFERENCE.arguments, "sfreq": 128, "n_times": 3840}
    other = dataclasses.replace(REFERENCE, file="tinysleepnet_128_tf.npz", arguments=arguments)
    assert other.compare().failures == []


def test_state_and_padding_equal_the_authors_over_two_chunks():
    model, x = REFERENCE.build()
    expected = {
        name: torch.from_numpy(array)
        for name, array in REFERENCE.arrays.items()
        if name.startswith(("short", "next"))
    }
    lengths = torch.from_numpy(REFERENCE.arrays["lengths"])
    logits, state = model(x, lengths=lengths, return_state=True)
    found = {"short_logits": logits, "short_h": state[0], "short_c": state[1]}
    reversed_windows = x.flatten(0, 1).flip(0).reshape(x.shape)
    logits, state = model(reversed_windows, state, return_state=True)
    found |= {"next_logits": logits, "next_h": state[0], "next_c": state[1]}
    for name, value in found.items():
        scale = expected[name].abs().max().item()
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-5 * scale, msg=name)


@pytest.mark.parametrize("batch_statistics", [True, False])
def test_batch_statistics_are_optional(batch_statistics):
    model = TinySleepNet(
        n_times=480, sfreq=16, batch_statistics=batch_statistics, n_chans=1, n_outputs=5
    )
    before = {name: value.clone() for name, value in model.named_buffers()}
    model(torch.randn(3, 1, 480))
    moved = {name for name, value in model.named_buffers() if not value.equal(before[name])}
    assert moved == (set(before) if batch_statistics else set())


@pytest.mark.parametrize(
    ("sfreq", "features"), [(100, 2048), (125, 2176), (128, 1920), (200, 2048), (256, 1920)]
)
def test_number_of_features_depends_on_the_sampling_rate(sfreq, features):
    assert (
        TinySleepNet(n_times=30 * sfreq, sfreq=sfreq, n_chans=1, n_outputs=5).lstm.input_size
        == features
    )


@pytest.fixture
def small():
    return TinySleepNet(
        n_times=480, sfreq=16, n_filters=4, hidden_size=6, n_chans=1, n_outputs=5
    ).eval()


def test_state_carried_window_by_window_equals_the_whole_night(small):
    night = torch.randn(2, 7, 1, 480)
    whole = small(night)
    state, parts = None, []
    for window in night.unbind(1):
        logits, state = small(window, state, return_state=True)
        parts.append(logits)
    torch.testing.assert_close(torch.stack(parts, dim=1), whole)


def test_single_windows_do_not_influence_each_other(small):
    windows = torch.randn(3, 1, 480)
    torch.testing.assert_close(small(windows)[1:2], small(windows[1:2]))


def test_padding_after_lengths_changes_nothing(small):
    night = torch.randn(2, 5, 1, 480)
    lengths = torch.tensor([5, 2])
    logits, state = small(night, lengths=lengths, return_state=True)
    night[1, 2:] = 1e3
    again, same_state = small(night, lengths=lengths, return_state=True)
    torch.testing.assert_close(logits, again)
    torch.testing.assert_close(state, same_state)
    _, short = small(night[1:, :2], return_state=True)
    torch.testing.assert_close((state[0][1:], state[1][1:]), short)


def test_peephole_lstm_without_peepholes_is_torchs_lstm():
    ours, torchs = PeepholeLSTM(5, 3, forget_bias=0.0), torch.nn.LSTM(5, 3, batch_first=True)
    state = torchs.state_dict()
    ours.load_state_dict(
        {
            "weight_ih": state["weight_ih_l0"],
            "weight_hh": state["weight_hh_l0"],
            "bias": state["bias_ih_l0"] + state["bias_hh_l0"],
            **{f"peephole_{gate}": torch.zeros(3) for gate in "ifo"},
        }
    )
    x = torch.randn(2, 4, 5)
    out, (h, c) = ours(x)
    reference, (h_n, c_n) = torchs(x)
    torch.testing.assert_close(out, reference)
    torch.testing.assert_close((h, c), (h_n[0], c_n[0]))


@pytest.mark.parametrize(
    "shape", [(480,), (2, 480), (2, 2, 480), (2, 3, 2, 480), (1, 2, 3, 1, 480)]
)
def test_wrong_shapes_raise_with_what_was_expected(small, shape):
    with pytest.raises(ValueError, match=r"n_chans=1, n_times=480"):
        small(torch.zeros(shape))


def test_too_low_a_sampling_rate_raises():
    with pytest.raises(ValueError, match="sfreq of at least 16"):
        TinySleepNet(n_times=300, sfreq=10, n_chans=1, n_outputs=5)
