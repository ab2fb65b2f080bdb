"""DeepSleepNet against its authors' TensorFlow code."""

import pytest
import torch

from eegzoo.models import DeepSleepNet
from eegzoo.models.references import find_reference
from tests.reference.model_checks import assert_initial_limits

REFERENCE = find_reference("deepsleepnet")
SIZES = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
SMALL = {"n_times": 480, "sfreq": 16, "n_filters": 4, "hidden_size": 6}


def small(**changes):
    return DeepSleepNet(**SIZES | SMALL | changes)


def test_states_of_both_directions_are_carried_as_in_the_authors_code():
    model, x = REFERENCE.build()
    _, state = model(x, return_state=True)
    from_last_to_first = x.flatten(0, 1).flip(0).reshape(x.shape)
    expected = torch.from_numpy(REFERENCE.arrays["next_logits"])
    logits = model(from_last_to_first, state)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-5)
    assert (logits - model(from_last_to_first)).abs().max() > 1e-2


def test_initial_weights_have_the_limits_of_the_authors():
    limits = {
        "short.0.0.weight": 2 * (2 / 50) ** 0.5,
        "long.0.0.weight": 2 * (2 / 400) ** 0.5,
        "long.4.0.weight": 2 * (2 / (6 * 128)) ** 0.5,
        "shortcut.0.weight": 2 * (2 / 3072) ** 0.5,
        "forwards.0.weight_ih": (6 / (3584 + 2048)) ** 0.5,
        "backwards.1.weight_hh": (6 / (1024 + 2048)) ** 0.5,
        "backwards.1.bias": 0.0,
        "head.weight": 2 * (2 / 1024) ** 0.5,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: DeepSleepNet(**SIZES), limits, n_draws=1)


@pytest.mark.parametrize(("sfreq", "short", "long"), [(100, 50, 400), (128, 64, 512), (16, 8, 64)])
def test_first_kernels_follow_the_sampling_rate(sfreq, short, long):
    model = small(sfreq=sfreq, n_times=int(30 * sfreq))
    assert model.short[0][0].kernel_size == (short,)
    assert model.long[0][0].kernel_size == (long,)
    assert (model.short[0][0].stride, model.long[0][0].stride) == ((sfreq // 16,), (short,))


def test_every_output_depends_on_windows_before_and_after():
    model = small().eval()
    night = torch.randn(1, 5, 1, 480)
    before = model(night)
    night[:, 2] += 1.0
    assert (model(night) != before).any(dim=2).all()


def test_padding_changes_no_output():
    model = small().eval()
    night = torch.randn(2, 5, 1, 480)
    logits = model(night, lengths=torch.tensor([5, 2]))
    torch.testing.assert_close(logits[1:, :2], model(night[1:, :2]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sfreq": 15}, "sfreq of at least 16"),
        ({"n_filters": 0}, "n_filters"),
        ({"hidden_size": 0}, "hidden_size"),
        ({"depth": 0}, "depth"),
        ({"drop_prob": -0.1}, "drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        small(**arguments)
