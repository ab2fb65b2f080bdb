"""Streams give what the whole night gives, whatever the lengths of the chunks."""

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

from eegzoo.data import Epoch, Filter, Preprocessing, Resample, SignalInfo
from eegzoo.data.preprocessing.normalization import Unchanged
from eegzoo.models import create_model
from eegzoo.sleep import SleepStream, load_stager
from eegzoo.sleep.stagers.physioex import ChambonStager, SpectrogramStager
from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
from eegzoo.sleep.stagers.sequences import standardize_around
from eegzoo.training import EEGClassifier

STAGES = ("W", "N1", "N2", "N3", "R")
RESAMPLED = (Resample(100.0),)
RNG = np.random.default_rng(0)


def night(n_windows, sfreq, n_chans=1):
    """Return noise with a slope like that of EEG, in volts."""
    n_samples = round(n_windows * 30 * sfreq)
    x = scipy_signal.lfilter([1.0], [1.0, -0.95], RNG.standard_normal((n_chans, n_samples)))
    slow = 1 + 0.5 * np.sin(2 * np.pi * np.arange(n_samples) / (600 * sfreq))
    return 1e-5 * x * slow


def robustsleepnet(n_networks=2):
    networks = []
    for seed in range(n_networks):
        torch.manual_seed(seed)
        sizes = {"n_chans": 1, "n_times": 1800, "n_outputs": 5, "sfreq": 60}
        networks.append(create_model("robustsleepnet", **sizes).eval())
    return RobustSleepNetStager("seeded", networks)


def chambon():
    torch.manual_seed(0)
    sizes = {"n_chans": 2, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    return ChambonStager("seeded", create_model("chambon2018", **sizes).eval())


def saved_classifier(folder, name="tinysleepnet", steps=RESAMPLED, **arguments):
    """Save an untrained classifier of stages, and return the path."""
    torch.manual_seed(0)
    sizes = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    model = create_model(name, **sizes, **arguments).eval()
    classifier = EEGClassifier.fitted(
        model, STAGES, Unchanged(),
        signal_info=SignalInfo(["Fpz-Cz"], 100.0, 3000),
        preprocessing=Preprocessing([*steps, Epoch(0.0, 29.99)]),
    )  # fmt: skip
    classifier.is_sequential_ = True
    path = folder / f"{name}.safetensors"
    classifier.save(path)
    return path


def streamed(stream, x, lengths):
    """Push a night in chunks of the given lengths, over and over; return all staged windows."""
    found, start, number = [], 0, 0
    while start < x.shape[1]:
        length = lengths[number % len(lengths)]
        found += stream.push(x[:, start : start + length])
        start, number = start + length, number + 1
    return found + stream.finish()


def probabilities(windows):
    return np.array([window.probabilities for window in windows])


chunk_lengths = st.lists(st.integers(0, 20_000), min_size=1, max_size=6).filter(any)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return load_stager(saved_classifier(tmp_path_factory.mktemp("tiny"), batch_statistics=False))


@pytest.mark.parametrize("sfreq", [100.0, 128.0, 511.5])
def test_stream_of_a_causal_model_is_the_staging_of_the_night(tiny, sfreq):
    x = night(6.4, sfreq)
    found = streamed(SleepStream(tiny, sfreq=sfreq), x, [1234, 1, 9000])
    expected = tiny.probabilities(x, sfreq)
    assert expected.shape == (6, 5)
    np.testing.assert_allclose(probabilities(found), expected, atol=1e-6)
    assert expected.std(axis=0).max() > 1e-5


def test_state_of_a_causal_model_is_carried_on(tiny):
    x = night(4, 100.0)
    whole = probabilities(streamed(SleepStream(tiny, sfreq=100.0), x, [12000]))
    alone = probabilities(streamed(SleepStream(tiny, sfreq=100.0), x[:, 9000:], [3000]))
    assert abs(whole[3] - alone[0]).max() > 1e-6


def test_stream_of_chambons_network_is_the_staging_of_the_night():
    stager = chambon()
    for n_windows in (1, 3, 10, 11, 26):
        x = night(n_windows, 200.0, 2)
        found = streamed(SleepStream(stager, sfreq=200.0), x, [777, 50_000])
        np.testing.assert_allclose(probabilities(found), stager.probabilities(x, 200.0), atol=1e-6)


def whole_night(stager, x, sfreq, around=10):
    """Compute the streaming form of RobustSleepNet from all windows of a night at once."""
    sos = scipy_signal.butter(2, [0.2, 30], "bandpass", fs=sfreq, output="sos")
    slow = scipy_signal.resample_poly(
        scipy_signal.sosfilt(sos, 1e6 * x), 60, int(sfreq), axis=1, padtype="reflect"
    )
    n_windows = slow.shape[1] // 1800
    windows = slow[:, : 1800 * n_windows].reshape(len(x), n_windows, 1800).transpose(1, 0, 2)
    quartiles = np.percentile(windows, [25, 50, 75], axis=2)  # (3, n_windows, n_chans)
    spectra = []
    for place, window in enumerate(windows):
        recent = np.median(quartiles[:, max(0, place - 2 * around) : place + 1], axis=1)
        low, middle, high = recent[..., None]
        clipped = np.clip((window - middle) / (high - low), -20, 20) / 20
        taper = np.hanning(128) / np.hanning(128).sum()
        frames = np.lib.stride_tricks.sliding_window_view(clipped, 128, axis=1)[:, ::60]
        power = abs(np.fft.rfft(frames * taper)) ** 2
        spectra.append(np.log10(power) + 2 * np.log10(high - low)[..., None])
    spectra = standardize_around(torch.tensor(np.array(spectra)), 2 * around + 1).float()
    total = np.zeros((n_windows, 5))
    with torch.no_grad():
        for network in stager.networks:
            features = network.window_features(spectra)
            for place in range(n_windows):
                first = max(0, place - around)
                sequence = features[None, first : place + around + 1]
                logits = network.head(network.over_windows(sequence))[0, place - first]
                total[place] += logits.double().softmax(dim=0).numpy() / len(stager.networks)
    return total


@pytest.mark.parametrize("n_windows", [1, 7, 21, 22, 45])
@pytest.mark.parametrize(("sfreq", "n_chans"), [(100.0, 1), (256.0, 3)])
def test_stream_of_robustsleepnet_is_its_form_for_the_whole_night(n_windows, sfreq, n_chans):
    stager = robustsleepnet()
    x = night(n_windows, sfreq, n_chans)
    stream = SleepStream(stager, sfreq=sfreq, n_chans=n_chans)
    found = streamed(stream, x, [1000, 12_345, 7])
    assert [window.index for window in found] == list(range(n_windows))
    expected = whole_night(stager, x, sfreq)
    np.testing.assert_allclose(probabilities(found), expected, atol=2e-5)  # float32 spectra


@settings(max_examples=8, deadline=None)
@given(lengths=chunk_lengths)
def test_lengths_of_chunks_have_no_influence(lengths):
    x = night(24, 50.0)
    stager = robustsleepnet(1)
    expected = streamed(SleepStream(stager, sfreq=50.0), x, [x.shape[1]])
    found = streamed(SleepStream(stager, sfreq=50.0), x, lengths)
    np.testing.assert_allclose(probabilities(found), probabilities(expected), atol=1e-6)
    assert [w.stage for w in found] == [STAGES[w.probabilities.argmax()] for w in expected]
    assert [w.onset for w in found] == [30.0 * index for index in range(24)]


@pytest.mark.parametrize("make", [robustsleepnet, chambon])
def test_a_stage_comes_after_the_stated_delay(make):
    stager = make()
    n_chans = stager.n_chans or 1
    stream = SleepStream(stager, sfreq=100.0)
    x = night(24, 100.0, n_chans)
    for second in range(24 * 30):
        found = stream.push(x[:, 100 * second : 100 * (second + 1)])
        for window in found:
            waited = second + 1 - (window.onset + 30)
            assert stream.delay_seconds - 1 <= waited <= stream.delay_seconds + 1


def test_memory_is_constant():
    stream = SleepStream(robustsleepnet(1), sfreq=100.0)
    x = night(25, 100.0)
    stream.push(x)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(4):
        stream.push(x)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200_000


def test_channels_are_put_in_the_order_of_the_training(tmp_path):
    torch.manual_seed(0)
    sizes = {"n_chans": 2, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    classifier = EEGClassifier.fitted(
        create_model("tinysleepnet", **sizes).eval(), STAGES, Unchanged(),
        signal_info=SignalInfo(["Fpz-Cz", "Pz-Oz"], 100.0, 3000),
        preprocessing=Preprocessing([Resample(100.0), Epoch(0.0, 29.99)]),
    )  # fmt: skip
    classifier.save(tmp_path / "two.safetensors")
    stager, x = load_stager(tmp_path / "two.safetensors"), night(2, 100.0, 2)
    one = streamed(SleepStream(stager, sfreq=100.0), x, [5000])
    two = SleepStream(stager, sfreq=100.0, ch_names=["EEG Pz-Oz", "EEG Fpz-Cz"])
    np.testing.assert_array_equal(probabilities(one), probabilities(streamed(two, x[::-1], [100])))


def test_networks_that_need_the_night_raise(tmp_path):
    sizes = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    whole = SpectrogramStager("seeded", create_model("seqsleepnet", **sizes))
    with pytest.raises(ValueError, match="no statistics of the whole night, got seeded"):
        SleepStream(whole, sfreq=100.0)
    both = saved_classifier(tmp_path, "deepsleepnet", hidden_size=4, n_filters=4)
    with pytest.raises(ValueError, match="needs no later windows, got DeepSleepNet"):
        SleepStream(both, sfreq=100.0)
    filtered = saved_classifier(tmp_path, steps=(Filter(0.3, 30.0), Resample(100.0)))
    with pytest.raises(ValueError, match="only resamples in a stream, got the filter step"):
        SleepStream(filtered, sfreq=100.0)


def test_wrong_arguments_raise(tiny):
    with pytest.raises(ValueError, match="expected 1 channels for tinysleepnet, got 2"):
        SleepStream(tiny, sfreq=100.0, n_chans=2)
    with pytest.raises(ValueError, match="sfreq"):
        SleepStream(tiny, sfreq=-1.0)
    with pytest.raises(ValueError, match="expected 1 as n_chans or None, got 2"):
        SleepStream(tiny, sfreq=100.0, n_chans=2, ch_names=["Fpz-Cz"])
    stream = SleepStream(tiny, sfreq=100.0)
    with pytest.raises(ValueError, match=r"shape \(n_chans=1, n_samples\), got \(5,\)"):
        stream.push(np.zeros(5))
    with pytest.raises(ValueError, match="finite numbers"):
        stream.push(np.full((1, 5), np.inf))
    assert stream.finish() == stream.finish() == []
    with pytest.raises(ValueError, match="before finish"):
        stream.push(np.zeros((1, 5)))
