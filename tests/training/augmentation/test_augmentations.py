"""All augmentations keep one contract, and each equals an independent implementation."""

import copy
import dataclasses
import math
import pickle
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats
from torch.nn import functional as F

from eegzoo.training.augmentation import spectral
from eegzoo.training.augmentation import time as in_time
from eegzoo.training.augmentation.amplitude import ChannelDropout, GaussianNoise, SignFlip
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.augmentation.base import AUGMENTATIONS, Augmentation, register_augmentation
from eegzoo.training.augmentation.mixup import Mixup, mixed_loss
from eegzoo.training.augmentation.spectral import FourierSurrogate, FrequencyShift
from eegzoo.training.augmentation.time import TimeMask, TimeShift

SFREQ = 128.0
# Arguments that change nearly every window.
STRONG = {
    "time_shift": TimeShift(0.2),
    "sign_flip": SignFlip(0.5),
    "channel_dropout": ChannelDropout(0.5),
    "frequency_shift": FrequencyShift(2.0),
    "time_mask": TimeMask(0.2, prob=1.0),
    "fourier_surrogate": FourierSurrogate(prob=1.0),
    "gaussian_noise": GaussianNoise(0.1),
    "mixup": Mixup(1.0),
}
# Arguments that change no window.
OFF = [
    TimeShift(0.0),
    SignFlip(0.0),
    ChannelDropout(0.0),
    FrequencyShift(0.0),
    TimeMask(prob=0.0),
    FourierSurrogate(prob=0.0),
    FourierSurrogate(prob=1.0, strength=0.0),
    GaussianNoise(0.0),
]
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]

any_augmentation = pytest.mark.parametrize("name", AUGMENTATIONS)
any_but_mixup = pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name != "mixup"])


def run(augmentation, x, sfreq=SFREQ, seed=None):
    """Return windows augmented by an augmentation of any kind."""
    if seed is not None:
        torch.manual_seed(seed)
    if isinstance(augmentation, Mixup):
        return augmentation.mix(x)[0]
    return augmentation(x, sfreq)


def windows(n_windows=5, n_chans=3, n_times=100, dtype=torch.float32, device="cpu"):
    """Return windows of different values, drawn from a separate generator."""
    numbers = np.random.default_rng(0).normal(0, 20, (n_windows, n_chans, n_times))
    return torch.tensor(numbers, dtype=dtype, device=device)


def assert_equal(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that sets the numbers which augmentations draw, one array for each draw."""

    def give(*arrays):
        numbers = iter(arrays)

        def draw(x, *shape):
            number = torch.tensor(next(numbers), dtype=torch.float32)
            return number.reshape(len(x), *[1] * len(shape)).expand(-1, *shape).clone()

        for module in (spectral, in_time):
            monkeypatch.setattr(module, "draw", draw)

    return give


# Registry.


def test_the_registry_has_each_class_under_its_name_in_snake_case():
    assert AUGMENTATIONS.keys() == STRONG.keys()
    for name, kind in AUGMENTATIONS.items():
        assert type(STRONG[name]) is kind
        assert kind.name == name == re.sub("(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        assert issubclass(kind, Augmentation) != (kind is Mixup)


def define(qualname, name):
    """Define a class, like a cell of a notebook."""
    body = {"name": name, "__qualname__": qualname, "__call__": lambda self, x, sfreq: x.clone()}
    return dataclasses.dataclass(frozen=True)(type(qualname, (Augmentation,), body))


def test_a_name_belongs_to_one_class(monkeypatch):
    monkeypatch.setitem(AUGMENTATIONS, "own", None)  # so that it is removed after the test
    del AUGMENTATIONS["own"]
    own = define("Own", "own")
    assert register_augmentation(own) is own
    assert as_augmentations(["own"]) == (own(),)
    for name, of in (("own", "Own"), ("mixup", "Mixup")):
        with pytest.raises(ValueError, match=f"a new augmentation name, got '{name}', .* {of}'s"):
            register_augmentation(define("Other", name))
    assert (AUGMENTATIONS["own"], AUGMENTATIONS["mixup"]) == (own, Mixup)


def test_a_class_that_is_defined_again_replaces_the_earlier_one(monkeypatch):
    monkeypatch.setitem(AUGMENTATIONS, "own", define("Own", "own"))
    again = define("Own", "own")
    register_augmentation(again)
    assert AUGMENTATIONS["own"] is again


def test_names_and_objects_are_converted_to_objects_in_order():
    made = as_augmentations(("mixup", TimeShift(0.3), "sign_flip"))
    assert made == (Mixup(alpha=0.2), TimeShift(seconds=0.3), SignFlip(prob=0.5))
    assert as_augmentations([]) == as_augmentations(()) == ()
    assert as_augmentations(made) == made


def test_a_custom_augmentation_needs_no_name():
    @dataclasses.dataclass(frozen=True)
    class Own(Augmentation):
        def __call__(self, x, sfreq):
            return x.clone()

    assert as_augmentations([Own()]) == (Own(),)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("time_shift", TypeError, "to be a sequence of names and augmentations, got 'time_shift'"),
        (TimeShift(), TypeError, r"to be a sequence .*, got TimeShift\(seconds=0.1\); put"),
        (None, TypeError, "to be a sequence .*, got None"),
        ({"time_shift"}, TypeError, "to be a sequence"),
        ([TimeShift], TypeError, "to hold names and augmentations, got <class"),
        ([None], TypeError, "to hold names and augmentations, got None"),
        ([torch.neg], TypeError, "to hold names and augmentations, got <built-in"),
        (["time_shfit"], ValueError, "unknown augmentation 'time_shfit'; did you mean 'time_shi"),
        (["!"], ValueError, "unknown augmentation '!'; known are channel_dropout, .*, time_shift"),
        (["sign_flip", SignFlip(0.1)], ValueError, "each kind once, got SignFlip twice"),
        (["mixup", "mixup"], ValueError, "each kind once, got Mixup twice"),
    ],
)
def test_invalid_sequences_of_augmentations_raise(given, error, message):
    with pytest.raises(error, match=message):
        as_augmentations(given)


# Contract of all augmentations.


@any_augmentation
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_shape_dtype_and_device_are_kept_and_values_change(name, dtype, device):
    x = windows(dtype=dtype, device=device)
    augmented = run(STRONG[name], x, seed=0)
    assert (augmented.shape, augmented.dtype, augmented.device) == (x.shape, x.dtype, x.device)
    assert augmented.isfinite().all()
    assert not torch.equal(augmented, x)


@any_augmentation
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32_with_the_same_draws(name, dtype):
    x = windows(dtype=dtype)
    exact = run(STRONG[name], x.float(), seed=1)
    augmented = run(STRONG[name], x, seed=1)
    eps = torch.finfo(dtype).eps  # only results and the edges of masks are rounded
    torch.testing.assert_close(augmented.float(), exact, rtol=2 * eps, atol=1e-4)


@any_augmentation
def test_float64_has_the_same_draws_as_float32(name):
    x = windows(dtype=torch.float64)
    augmented = run(STRONG[name], x.float(), seed=1)
    torch.testing.assert_close(
        augmented.double(), run(STRONG[name], x, seed=1), rtol=1e-4, atol=1e-3
    )


@any_augmentation
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autocast_has_no_effect(name, dtype):
    x = windows(dtype=dtype)
    plain = run(STRONG[name], x, seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        assert_equal(run(STRONG[name], x, seed=1), plain)


@any_but_mixup
def test_tensors_are_created_on_the_device_of_the_windows(name):
    assert run(STRONG[name], windows().to("meta")).device.type == "meta"


@any_augmentation
@pytest.mark.parametrize("augmentations", [STRONG, {}])
def test_given_windows_are_neither_changed_nor_returned(name, augmentations):
    x = windows()
    before = x.clone()
    augmented = run(augmentations.get(name, AUGMENTATIONS[name]()), x)
    assert_equal(x, before)
    augmented.zero_()
    assert_equal(x, before)


@any_augmentation
def test_results_depend_on_the_seed_only(name):
    x = windows(40)
    first = run(STRONG[name], x, seed=3)
    assert_equal(run(STRONG[name], x, seed=3), first)
    assert not torch.equal(run(STRONG[name], x), first)  # the generator has moved on
    assert not torch.equal(run(STRONG[name], x, seed=4), first)


@any_but_mixup
def test_windows_have_independent_draws(name):
    same = windows(1).expand(40, -1, -1)
    different = {tuple(window.flatten().tolist()) for window in run(STRONG[name], same)}
    # There are 2 outcomes of a flip, 7 of dropping 3 channels, and 51 shifts of up to 25 samples.
    least = {"sign_flip": 2, "channel_dropout": 7, "time_shift": 20}
    assert len(different) >= least.get(name, 40)


@any_but_mixup
def test_a_window_does_not_depend_on_the_rest_of_its_batch(name):
    x = windows()
    other = x.clone()
    other[1:] *= -3
    assert_equal(run(STRONG[name], other, seed=1)[0], run(STRONG[name], x, seed=1)[0])


@any_augmentation
@pytest.mark.parametrize("shape", [(0, 3, 50), (0, 1, 1), (1, 3, 50), (1, 1, 50), (3, 1, 50)])
def test_empty_batches_single_windows_and_single_channels_work(name, shape):
    x = windows(*shape)
    augmented = run(STRONG[name], x)
    assert augmented.shape == shape
    assert augmented.isfinite().all()
    assert augmented is not x


@any_augmentation
@pytest.mark.parametrize("n_times", [1, 2, 3, 4, 5])
def test_windows_of_few_samples_work(name, n_times):
    augmented = run(STRONG[name], windows(4, 2, n_times))
    assert augmented.shape == (4, 2, n_times)
    assert augmented.isfinite().all()


@any_augmentation
def test_windows_can_have_any_memory_layout(name):
    x = windows(4, 3, 60)
    strided = x.repeat_interleave(2, dim=2)[:, :, ::2]
    permuted = x.permute(2, 0, 1).contiguous().permute(1, 2, 0)
    expected = run(STRONG[name], x, seed=1)
    for other in (strided, permuted):
        assert not other.is_contiguous()
        torch.testing.assert_close(run(STRONG[name], other, seed=1), expected, rtol=1e-5, atol=1e-4)
    assert run(STRONG[name], x[:1].expand(4, -1, -1)).shape == x.shape


@any_augmentation
def test_gradients_are_finite_even_for_flat_channels(name):
    x = windows()
    x[:, 1] = 5.0
    x.requires_grad_()
    (run(STRONG[name], x, seed=0) * windows(dtype=torch.float32).flip(2)).sum().backward()
    assert x.grad.isfinite().all()
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("augmentation", OFF, ids=repr)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_strength_zero_changes_nothing(augmentation, dtype):
    x = windows(dtype=dtype)
    assert_equal(augmentation(x, SFREQ), x)


@any_augmentation
def test_repr_equality_hash_and_pickle_depend_on_the_arguments(name):
    default, full = AUGMENTATIONS[name](), STRONG[name]
    assert default == AUGMENTATIONS[name]()
    assert default != AUGMENTATIONS["sign_flip" if name == "mixup" else "mixup"]()
    for augmentation in (default, full):
        assert eval(repr(augmentation)) == augmentation
        assert pickle.loads(pickle.dumps(augmentation)) == augmentation
        assert copy.deepcopy(augmentation) == augmentation
        assert hash(augmentation) == hash(pickle.loads(pickle.dumps(augmentation)))
    assert len({repr(default), repr(full)}) == 1 + (default != full)
    field = dataclasses.fields(default)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(default, field, 0.3)


def test_numbers_of_any_type_have_the_repr_of_floats():
    assert repr(TimeShift(1)) == repr(TimeShift(np.float32(1))) == "TimeShift(seconds=1.0)"
    assert repr(FourierSurrogate()) == "FourierSurrogate(prob=0.5, strength=1.0)"


@pytest.mark.parametrize(
    ("kind", "arguments", "error", "message"),
    [
        (TimeShift, {"seconds": -0.1}, ValueError, "expected seconds to be a number of at least 0"),
        (TimeShift, {"seconds": math.inf}, ValueError, "expected seconds"),
        (TimeShift, {"seconds": "0.1"}, TypeError, "expected seconds"),
        (SignFlip, {"prob": 1.1}, ValueError, "expected prob to be a number of at least 0 and at"),
        (SignFlip, {"prob": True}, TypeError, "expected prob"),
        (ChannelDropout, {"prob": -0.1}, ValueError, "expected prob"),
        (ChannelDropout, {"prob": 2}, ValueError, "expected prob"),
        (FrequencyShift, {"hertz": -1}, ValueError, "expected hertz"),
        (FrequencyShift, {"hertz": math.nan}, ValueError, "expected hertz"),
        (TimeMask, {"seconds": 0}, ValueError, "expected seconds to be a number above 0"),
        (TimeMask, {"prob": 1.1}, ValueError, "expected prob"),
        (FourierSurrogate, {"prob": 1.1}, ValueError, "expected prob"),
        (FourierSurrogate, {"strength": 1.1}, ValueError, "expected strength"),
        (FourierSurrogate, {"strength": -0.1}, ValueError, "expected strength"),
        (GaussianNoise, {"share": -0.1}, ValueError, "expected share"),
        (GaussianNoise, {"share": None}, TypeError, "expected share"),
        (Mixup, {"alpha": 0}, ValueError, "expected alpha to be a number of at least 0.05 and at"),
        (Mixup, {"alpha": 1000}, ValueError, "expected alpha"),
    ],
)
def test_arguments_out_of_range_raise_with_their_name(kind, arguments, error, message):
    with pytest.raises(error, match=message):
        kind(**arguments)


@any_augmentation
@pytest.mark.parametrize(
    ("x", "error", "got"),
    [
        (torch.zeros(3, 100), ValueError, r"got torch.float32 of shape \(3, 100\)"),
        (torch.zeros(2, 1, 1, 3, 100), ValueError, "got torch.float32 of shape"),
        (torch.zeros(2, 0, 100), ValueError, "got torch.float32 of shape"),
        (torch.zeros(2, 3, 0), ValueError, "got torch.float32 of shape"),
        (torch.zeros(2, 3, 100, dtype=torch.int64), ValueError, "got torch.int64 of shape"),
        (torch.zeros(2, 3, 100, dtype=torch.complex64), ValueError, "got torch.complex64"),
        (np.zeros((2, 3, 100)), TypeError, "got ndarray"),
    ],
)
def test_invalid_batches_raise(name, x, error, got):
    with pytest.raises(error, match=f"expected x to be .*{got}"):
        run(STRONG[name], x)


@any_but_mixup
def test_sequences_of_windows_raise(name):
    with pytest.raises(ValueError, match=r"got torch.float32 of shape \(2, 4, 3, 100\)"):
        run(STRONG[name], torch.zeros(2, 4, 3, 100))


@any_but_mixup
@pytest.mark.parametrize("sfreq", [0, -250.0, math.nan, None])
def test_invalid_sampling_rates_raise(name, sfreq):
    with pytest.raises((ValueError, TypeError), match="expected sfreq to be a number above 0"):
        STRONG[name](windows(), sfreq)


# Comparison of each augmentation with an independent implementation.


@pytest.mark.parametrize(
    ("seconds", "sfreq", "most"),
    [(0.05, 100.0, 5), (0.29, 100.0, 29), (0.1, 128.0, 12), (0.009, 100.0, 0), (0.7, 100.0, 70)],
)
@pytest.mark.parametrize("n_times", [80, 20])
def test_time_shift_equals_numpys_reflection_with_uniform_shifts(seconds, sfreq, most, n_times):
    x = windows(1, 3, n_times)
    padded = np.pad(x[0].numpy(), [(0, 0), (most, most)], mode="reflect")
    expected = [padded[:, start : start + n_times].tobytes() for start in range(2 * most + 1)]
    augmented = TimeShift(seconds)(x.expand(100 * len(expected), -1, -1), sfreq).numpy()
    found = [window.tobytes() for window in augmented]
    assert set(found) == set(expected)
    if 0 < most < n_times:  # larger shifts give the same windows again
        counts = [found.count(window) for window in expected]
        assert stats.chisquare(counts).pvalue > 1e-4


def test_sign_flip_flips_whole_windows_with_the_given_probability():
    x = windows(4000, 2, 3)
    factor = SignFlip(0.3)(x, SFREQ) / x
    assert_equal(factor, factor[:, :1, :1].expand_as(factor))
    assert set(factor.flatten().tolist()) == {-1.0, 1.0}
    assert stats.binomtest(int((factor[:, 0, 0] < 0).sum()), 4000, 0.3).pvalue > 1e-4
    assert_equal(SignFlip(1.0)(x, SFREQ), -x)


def dropped_channels(prob, n_windows, n_chans):
    """Return which channels are zero, and check that the others are not changed."""
    x = windows(n_windows, n_chans, 4)
    augmented = ChannelDropout(prob)(x, SFREQ)
    dropped = (augmented == 0).all(dim=2)
    assert_equal(augmented, torch.where(dropped[:, :, None], 0.0, x))
    return dropped.numpy()


def test_channel_dropout_drops_channels_with_the_given_probability():
    dropped = dropped_channels(0.2, 500, 30)
    assert stats.binomtest(int(dropped.sum()), dropped.size, 0.2).pvalue > 1e-4
    assert abs(np.corrcoef(dropped.T) - np.eye(30)).max() < 0.25  # independent channels


def test_channel_dropout_keeps_one_of_two_channels():
    dropped = dropped_channels(0.5, 4000, 2)
    outcomes = [(~dropped).all(axis=1), dropped[:, 0], dropped[:, 1]]
    # Both are kept with probability 1/4. If both would be dropped, either is kept equally often.
    counts = [int(outcome.sum()) for outcome in outcomes]
    assert stats.chisquare(counts, [1000, 1500, 1500]).pvalue > 1e-4


def test_channel_dropout_never_drops_all_channels():
    dropped = dropped_channels(1.0, 3000, 3)
    assert (dropped.sum(axis=1) == 2).all()
    assert stats.chisquare((~dropped).sum(axis=0)).pvalue > 1e-4
    assert not dropped_channels(1.0, 50, 1).any()


def test_channel_dropout_replaces_infinite_values():
    x = windows(200, 2, 4)
    x[:, 0] = torch.inf
    augmented = ChannelDropout(1.0)(x, SFREQ)
    assert not augmented.isnan().any()


@pytest.mark.parametrize("n_times", [300, 301, 2, 1])
def test_frequency_shift_equals_scipys_analytic_signal_with_shifted_phase(n_times, drawn):
    x = windows(3, 2, n_times, torch.float64)
    drawn([0.0, 0.3, 0.95])
    augmented = FrequencyShift(4.0)(x, SFREQ)
    seconds = np.arange(n_times) / SFREQ
    for ours, window, hertz in zip(augmented, x, [-4.0, -1.6, 3.6], strict=True):
        exact = (signal.hilbert(window.numpy()) * np.exp(2j * np.pi * hertz * seconds)).real
        # The draws are float32.
        np.testing.assert_allclose(ours.numpy(), exact, rtol=0, atol=2e-4)


@pytest.mark.parametrize("n_times", [512, 513])
def test_frequency_shift_is_exact_in_float64(n_times, drawn):
    x = windows(2, 2, n_times, torch.float64)
    drawn([0.25, 0.5])  # exact in float32
    augmented = FrequencyShift(3.0)(x, 100.0).numpy()
    turn = np.exp(2j * np.pi * np.array([-1.5, 0.0])[:, None, None] * np.arange(n_times) / 100.0)
    np.testing.assert_allclose(augmented, (signal.hilbert(x.numpy()) * turn).real, atol=1e-11)


def test_frequency_shift_moves_the_peak_of_a_sine(drawn):
    sine = torch.sin(2 * torch.pi * 20 * torch.arange(512) / SFREQ).expand(3, 2, -1)
    drawn([0.0, 0.625, 1.0])
    spectrum = torch.fft.rfft(FrequencyShift(2.0)(sine, SFREQ)).abs()
    peaks = spectrum.argmax(dim=2) / 4  # bins of a quarter of a hertz
    torch.testing.assert_close(peaks, torch.tensor([[18.0], [20.5], [22.0]]).expand(-1, 2))


def test_frequency_shifts_are_uniform_and_equal_for_all_channels():
    phase = 2 * np.pi * 20 * np.arange(512) / SFREQ
    pair = torch.tensor(np.stack([np.cos(phase), np.sin(phase)])).expand(1000, -1, -1)
    cosine, sine = FrequencyShift(1.5)(pair, SFREQ).numpy().transpose(1, 0, 2)
    turned = np.unwrap(np.arctan2(sine, cosine)) - phase  # linear in time, from 0
    hertz = turned[:, -1] / (2 * np.pi * 511 / SFREQ)
    np.testing.assert_allclose(np.hypot(cosine, sine), 1, atol=1e-9)
    np.testing.assert_allclose(
        turned, 2 * np.pi * np.outer(hertz, np.arange(512) / SFREQ), atol=1e-6
    )
    assert stats.kstest(hertz, stats.uniform(-1.5, 3.0).cdf).pvalue > 1e-4


def test_time_mask_equals_its_definition_for_each_sample(drawn):
    x = windows(4, 2, 200, torch.float64)
    places = [0.0, 0.5, 1.0, 0.75]
    drawn([0.1, 0.2, 0.3, 0.5], places)  # the last number is not below prob
    augmented = TimeMask(seconds=0.25, prob=0.5)(x, SFREQ).numpy()
    length, edge = 32.0, 8.0  # samples
    kept = np.ones((4, 200))
    for window, place in enumerate(places[:3]):
        centre = length / 2 + place * (200 - length)
        for time in range(200):
            into = abs(time + 0.5 - centre) - (length - edge) / 2  # from the start of zeros
            kept[window, time] = (1 - np.cos(np.pi * min(max(into / edge, 0.0), 1.0))) / 2
    np.testing.assert_allclose(augmented, x.numpy() * kept[:, None], atol=1e-5)
    assert (kept == 0).sum() >= 3 * 22  # the masks are long enough for this test
    np.testing.assert_array_equal(augmented[:, 0] == 0, kept == 0)
    np.testing.assert_array_equal(augmented[3], x[3])


def masks(augmentation, n_windows, n_times, sfreq=SFREQ):
    """Return the factor of each sample."""
    kept = augmentation(torch.ones(n_windows, 3, n_times), sfreq)
    assert_equal(kept, kept[:, :1].expand_as(kept))  # equal for all channels
    return kept[:, 0].numpy()


def test_time_masks_have_the_given_probability_and_length_anywhere():
    kept = masks(TimeMask(seconds=0.25, prob=0.4), 3000, 400)
    masked = (kept < 1).any(axis=1)
    assert stats.binomtest(int(masked.sum()), 3000, 0.4).pvalue > 1e-4
    gone = 1 - kept[masked]
    np.testing.assert_allclose(gone.sum(axis=1), 32, atol=0.7)  # half a sample off at the ends
    centre = (gone * (np.arange(400) + 0.5)).sum(axis=1) / gone.sum(axis=1)
    assert stats.kstest(centre, stats.uniform(16, 368).cdf).pvalue > 1e-4


def test_time_mask_has_smooth_edges():
    kept = masks(TimeMask(seconds=1.0, prob=1.0), 20, 2000)
    assert abs(np.diff(kept)).max() < 0.06  # over 32 samples; pi / 2 / 32 for half a cosine
    assert (kept == 0).sum(axis=1).min() >= 94


@pytest.mark.parametrize("n_times", [2, 8, 50])
def test_time_mask_covers_at_most_half_of_a_window(n_times):
    kept = masks(TimeMask(seconds=100.0, prob=1.0), 200, n_times)
    assert (kept.sum(axis=1) > 0.1 * n_times).all()
    np.testing.assert_allclose(kept.mean(), 0.5, atol=0.15)


@pytest.mark.parametrize("n_times", [200, 201])
@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_fourier_surrogate_rotates_phases_equally_in_all_channels(n_times, strength):
    x = windows(30, 4, n_times, torch.float64)
    surrogate = FourierSurrogate(prob=1.0, strength=strength)(x, SFREQ)
    before, after = np.fft.rfft(x.numpy()), np.fft.rfft(surrogate.numpy())
    np.testing.assert_allclose(abs(after), abs(before), atol=1e-9)
    cross = [np.einsum("bcf,bdf->bcdf", each, each.conj()) for each in (before, after)]
    np.testing.assert_allclose(cross[1], cross[0], atol=1e-6)
    turn = after / before
    np.testing.assert_allclose(turn, np.broadcast_to(turn[:, :1], turn.shape), atol=1e-8)
    np.testing.assert_allclose(turn[:, :, 0], 1, atol=1e-12)
    free = turn[:, 0, 1:-1] if n_times % 2 == 0 else turn[:, 0, 1:]
    if n_times % 2 == 0:
        np.testing.assert_allclose(turn[:, :, -1], 1, atol=1e-12)
    uniform = stats.uniform(-np.pi * strength, 2 * np.pi * strength)
    assert stats.kstest(np.angle(free).ravel(), uniform.cdf).pvalue > 1e-4


def test_fourier_surrogate_keeps_means_and_covariances_of_channels():
    x = windows(8, 4, 300, torch.float64) + torch.arange(4.0)[:, None] * 50
    x[:, 1] += 0.8 * x[:, 0]
    surrogate = FourierSurrogate(prob=1.0)(x, SFREQ)
    for before, after in zip(x.numpy(), surrogate.numpy(), strict=True):
        np.testing.assert_allclose(after.mean(axis=1), before.mean(axis=1), atol=1e-10)
        np.testing.assert_allclose(np.cov(after), np.cov(before), atol=1e-8)
        assert abs(np.corrcoef(after[0], before[0])[0, 1]) < 0.3


def test_fourier_surrogate_keeps_the_other_windows_bit_for_bit():
    x = windows(2000, 2, 16)
    same = (FourierSurrogate(prob=0.3)(x, SFREQ) == x).all(dim=2).all(dim=1)
    assert stats.binomtest(int(same.sum()), 2000, 0.7).pvalue > 1e-4


def test_gaussian_noise_is_white_and_proportional_to_each_channel():
    scale = torch.tensor([1.0, 100.0, 0.0])[:, None]
    x = windows(20, 3, 4000, torch.float64) * scale + 1000
    noise = (GaussianNoise(0.2)(x, SFREQ) - x).numpy()
    ratio = noise[:, :2].std(axis=2) / x.numpy()[:, :2].std(axis=2)
    np.testing.assert_allclose(ratio, 0.2, rtol=0.06)
    assert not noise[:, 2].any()
    standard = noise[:, :2] / noise[:, :2].std(axis=2, keepdims=True)
    assert stats.kstest(standard[::4].ravel(), "norm").pvalue > 1e-4
    correlation = np.corrcoef(standard.reshape(40, -1))
    assert abs(correlation - np.eye(40)).max() < 0.1
    assert abs((standard[..., 1:] * standard[..., :-1]).mean()) < 0.02


def test_mixup_is_the_weighted_mean_of_partners():
    x = windows(40, 2, 30, torch.float64)
    mixed, partners, share = Mixup(0.4).mix(x)
    assert (partners.dtype, partners.shape) == (torch.int64, (40,))
    assert (share.dtype, share.shape) == (torch.float64, (40,))
    assert sorted(partners.tolist()) == list(range(40))
    assert partners.tolist() != list(range(40))
    for window in range(40):
        own, other, part = x[window], x[partners[window]], share[window].item()
        np.testing.assert_allclose(mixed[window], part * own + (1 - part) * other, atol=1e-12)


def test_mixup_draws_other_partners_each_time():
    assert len({tuple(Mixup().mix(windows(8))[1].tolist()) for _ in range(20)}) > 15


def test_mixup_mixes_whole_sequences():
    x = windows(6, 5 * 2, 30)
    mixed = run(Mixup(1.0), x.unflatten(1, (5, 2)), seed=0)
    assert_equal(mixed.flatten(1, 2), run(Mixup(1.0), x, seed=0))


def test_mixup_does_not_change_a_single_window():
    x = windows(1)
    mixed, partners, share = Mixup().mix(x)
    torch.testing.assert_close(mixed, x)
    assert partners.tolist() == [0]
    assert 0 <= share.item() <= 1


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 8.0, 100.0])
def test_the_shares_of_mixup_follow_the_beta_distribution(alpha):
    share = Mixup(alpha).mix(windows(4000, 1, 1))[2]
    assert share.isfinite().all()
    # Below 0.05, many shares are 0 or 1 in float32.
    inner = share[(share > 1e-6) & (share < 1 - 1e-6)].double().numpy()
    beta = stats.beta(alpha, alpha)
    low, high = beta.cdf([1e-6, 1 - 1e-6])
    assert abs(len(inner) / 4000 - (high - low)) < 0.04
    assert stats.kstest(inner, lambda s: (beta.cdf(s) - low) / (high - low)).pvalue > 1e-4


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_the_shares_of_mixup_are_at_least_float32(dtype):
    assert Mixup().mix(windows(dtype=dtype))[2].dtype == torch.promote_types(dtype, torch.float32)


def test_mixed_loss_equals_the_cross_entropy_of_mixed_labels():
    x, y = windows(30, dtype=torch.float64), torch.arange(30) % 4
    _, partners, share = Mixup(1.0).mix(x)
    logits = torch.randn(30, 4, dtype=torch.float64)
    loss = mixed_loss(lambda y: F.cross_entropy(logits, y, reduction="none"), partners, share, y)
    part = share[:, None]
    labels = part * F.one_hot(y, 4) + (1 - part) * F.one_hot(y[partners], 4)
    torch.testing.assert_close(loss, -(labels * logits.log_softmax(1)).sum(1))


def test_mixed_loss_mixes_weights_and_several_losses_for_each_window():
    partners, share = torch.tensor([2, 0, 1]), torch.tensor([0.5, 1.0, 0.25])
    y = torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    weight = torch.tensor([1.0, 2.0, 0.0])
    loss = mixed_loss(lambda y, w: w[:, None] * y, partners, share, y, weight)
    assert_equal(loss, torch.tensor([[0.5, 5.0], [4.0, 40.0], [3.0, 30.0]]))


def test_mixed_loss_of_a_whole_batch_raises():
    partners, share = torch.tensor([1, 0]), torch.tensor([0.5, 0.5])
    with pytest.raises(ValueError, match=r"a loss for each of 2 windows .*, got shape \(\)"):
        mixed_loss(lambda y: y.mean(), partners, share, torch.ones(2))


# Properties for all arguments.

SHARES = st.floats(0, 1)
ANY = st.one_of(
    st.builds(TimeShift, st.floats(0, 10)),
    st.builds(SignFlip, SHARES),
    st.builds(ChannelDropout, SHARES),
    st.builds(FrequencyShift, st.floats(0, 1000)),
    st.builds(TimeMask, st.floats(0, 10, exclude_min=True), SHARES),
    st.builds(FourierSurrogate, SHARES, SHARES),
    st.builds(GaussianNoise, st.floats(0, 10)),
    st.builds(Mixup, st.floats(0.05, 100)),
)
SHAPES = st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 40))


@given(ANY, SHAPES, st.floats(0.1, 5000), st.integers(0, 1000))
@settings(max_examples=300, deadline=None)
def test_every_augmentation_works_for_every_batch(augmentation, shape, sfreq, seed):
    x = windows(*shape)
    before = x.clone()
    augmented = run(augmentation, x, sfreq, seed)
    assert augmented.shape == shape
    assert augmented.isfinite().all()
    assert_equal(x, before)
    assert_equal(run(augmentation, x, sfreq, seed), augmented)


@given(st.builds(TimeShift, st.floats(0, 10)), SHAPES, st.floats(1, 300))
@settings(max_examples=60, deadline=None)
def test_a_shifted_window_has_samples_of_its_own_channels(augmentation, shape, sfreq):
    x = windows(*shape)
    for ours, channel in zip(augmentation(x, sfreq).flatten(0, 1), x.flatten(0, 1), strict=True):
        assert set(ours.tolist()) <= set(channel.tolist())


@given(st.floats(1e-3, 10), SHARES, SHAPES)
@settings(max_examples=60, deadline=None)
def test_a_masked_sample_is_not_larger_and_has_the_same_sign(seconds, prob, shape):
    x = windows(*shape)
    factor = TimeMask(seconds, prob)(x, SFREQ) / x
    assert ((factor >= 0) & (factor <= 1)).all()


@given(SHARES, SHARES, SHAPES, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_a_surrogate_keeps_covariances_for_every_length(prob, strength, shape, seed):
    x = windows(*shape, dtype=torch.float64)
    surrogate = run(FourierSurrogate(prob, strength), x, seed=seed)
    torch.testing.assert_close(surrogate @ surrogate.mT, x @ x.mT, rtol=1e-9, atol=1e-6)
    torch.testing.assert_close(surrogate.mean(dim=2), x.mean(dim=2))


@given(st.floats(0.05, 100), SHAPES)
@settings(max_examples=60, deadline=None)
def test_a_mixture_is_between_its_windows(alpha, shape):
    x = windows(*shape)
    mixed, partners, share = Mixup(alpha).mix(x)
    low, high = torch.minimum(x, x[partners]), torch.maximum(x, x[partners])
    assert ((share >= 0) & (share <= 1)).all()
    assert ((mixed >= low - 1e-4) & (mixed <= high + 1e-4)).all()
