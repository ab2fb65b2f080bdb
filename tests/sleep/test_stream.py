"""Streams give what the whole night gives, whatever the lengths of the chunks."""

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

from eegzoo.data import (
    Baseline,
    Epoch,
    Filter,
    Notch,
    PersonAlignment,
    Preprocessing,
    Resample,
    Scale,
    SignalInfo,
    SignalWarning,
)
from eegzoo.data.preprocessing.normalization import Unchanged
from eegzoo.models import create_model
from eegzoo.sleep import SleepStream, Stager, load_stager
from eegzoo.sleep.stagers.physioex import (
    ChambonStager,
    SpectrogramStager,
    TinySleepNetStager,
    filtered_windows,
)
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


class Awake(Stager):
    def _probabilities(self, signals, sfreq, n):
        return np.tile([1.0, 0, 0, 0, 0], (n, 1))


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
    if not any(isinstance(step, Epoch) for step in steps):
        steps = (*steps, Epoch(0.0, 29.99))
    torch.manual_seed(0)
    sizes = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    model = create_model(name, **sizes, **arguments).eval()
    classifier = EEGClassifier.fitted(
        model, STAGES, Unchanged(),
        signal_info=SignalInfo(["Fpz-Cz"], 100.0, 3000),
        preprocessing=Preprocessing(steps),
    )  # fmt: skip
    classifier.is_sequential_ = True
    path = folder / f"{name}.safetensors"
    classifier.save(path)
    return path


def load_in_double(path):
    """Load a stager whose network computes in float64.

    A kernel of torch or oneDNN may round the outputs of one window otherwise than those of a night.
    In float32, probabilities differed by 1.04e-6 on one processor.
    """
    stager = load_stager(path)
    stager.classifier.model_.double()
    return stager


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
    return load_in_double(saved_classifier(tmp_path_factory.mktemp("tiny"), batch_statistics=False))


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
    b, a = scipy_signal.butter(2, [0.2, 30], "bandpass", fs=sfreq)
    filtered = scipy_signal.filtfilt(b, a, 1e6 * x, axis=1)
    slow = scipy_signal.resample_poly(filtered, 60, int(sfreq), axis=1, padtype="reflect")
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


def seeded(name, **options):
    torch.manual_seed(0)
    sizes = {"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100}
    return create_model(name, **sizes, **options).eval()


def tiny_of_sequences():
    return TinySleepNetStager("seeded", seeded("tinysleepnet"))


def seqsleepnet():
    return SpectrogramStager("seeded", seeded("seqsleepnet"))


def sleeptransformer():
    network = seeded("sleeptransformer", depth=1, second_depth=1, feedforward_size=32)
    return SpectrogramStager("seeded", network)


@pytest.mark.parametrize("n_windows", [1, 3, 20, 21, 22, 45])
def test_stream_of_physioex_tinysleepnet_is_the_staging_of_the_night(n_windows):
    stager, x = tiny_of_sequences(), night(n_windows, 128.0)
    found = streamed(SleepStream(stager, sfreq=128.0), x, [777, 50_000])
    expected = stager.probabilities(x, 128.0)
    np.testing.assert_allclose(probabilities(found), expected, atol=1e-6)


def standardized_by_the_past(stager, x, sfreq, n_windows, around=20):
    """Compute the streaming form of networks of spectra from all windows of a night at once."""
    network, length = stager.network, stager.length
    with torch.no_grad():
        spectra = network.spectra(filtered_windows(x, sfreq, n_windows, network))
        features = []
        for place in range(n_windows):
            past = spectra[: place + around + 1].double()
            std = past.std(dim=0, correction=min(1, len(past) - 1))
            scaled = (spectra[place] - past.mean(dim=0)) / torch.where(std > 0, std, 1.0)
            features.append(network.window_features(scaled[None].float())[0])
        features = torch.stack(features)
        total, count = torch.zeros(n_windows, 5), torch.zeros(n_windows, 1)
        for start in range(max(1, n_windows - length + 1)):
            sequence = features[None, start : start + length]
            logits = network.head(network.over_windows(sequence))[0]
            total[start : start + length] += logits.softmax(dim=-1)
            count[start : start + length] += 1
    return total / count


@pytest.mark.parametrize("make", [seqsleepnet, sleeptransformer])
@pytest.mark.parametrize("n_windows", [1, 7, 21, 22, 45])
def test_stream_of_spectra_is_its_form_for_the_whole_night(make, n_windows):
    stager, x = make(), night(n_windows, 100.0)
    stream = SleepStream(stager, sfreq=100.0)
    found = streamed(stream, x, [1000, 12_345, 7])
    expected = standardized_by_the_past(stager, x, 100.0, n_windows)
    np.testing.assert_allclose(probabilities(found), expected, atol=2e-6)
    assert "by the windows so far" in stream.differences[0]
    if n_windows <= 21:  # the statistics of all windows are known at once
        whole = stager.probabilities(x, 100.0)
        np.testing.assert_allclose(probabilities(found), whole, atol=2e-6)


FILTERS = {
    "fir": (Filter(0.5, 30.0), Resample(100.0)),
    "iir": (Filter(0.5, 30.0, method="iir"), Resample(100.0)),
    "forward": (Resample(100.0), Filter(0.5, 30.0, method="forward")),
    "notch": (Notch([50.0]), Resample(100.0), Scale(1.5)),
    "baseline": (Resample(100.0), Epoch(0.0, 29.99), Baseline(None, None)),
}


@pytest.mark.parametrize("kind", FILTERS)
def test_stream_of_a_filtering_classifier_is_the_staging_of_the_night(kind, tmp_path):
    path = saved_classifier(tmp_path, steps=FILTERS[kind], batch_statistics=False)
    stager, x = load_in_double(path), night(4.3, 128.0)
    stream = SleepStream(stager, sfreq=128.0)
    found = streamed(stream, x, [1234, 1, 9000])
    assert stream.differences == ()
    np.testing.assert_allclose(probabilities(found), stager.probabilities(x, 128.0), atol=1e-6)


@pytest.mark.parametrize(("kind", "seconds"), [("forward", 0.1), ("fir", 3.4)])
def test_the_delay_is_that_of_the_filters(kind, seconds, tmp_path):
    path = saved_classifier(tmp_path, steps=FILTERS[kind], batch_statistics=False)
    stream = SleepStream(load_stager(path), sfreq=128.0)
    assert stream.delay_seconds == pytest.approx(seconds, abs=0.1)
    x = night(2, 128.0)
    n_needed = 30 * 128 + round(stream.delay_seconds * 128)
    assert stream.push(x[:, : n_needed - 1]) == []
    assert len(stream.push(x[:, n_needed - 1 : n_needed])) == 1


def test_calibration_is_that_of_the_classifier(tmp_path, monkeypatch):
    stager = load_in_double(saved_classifier(tmp_path, batch_statistics=False))
    x = night(3, 100.0)
    before = stager.probabilities(x, 100.0)
    monkeypatch.setattr(EEGClassifier, "_temperature", 0.5)
    found = probabilities(streamed(SleepStream(stager, sfreq=100.0), x, [3000]))
    np.testing.assert_allclose(found, stager.probabilities(x, 100.0), atol=1e-6)
    assert abs(found - before).max() > 1e-3


def test_classifier_of_single_windows_carries_no_state(tmp_path):
    stager = load_in_double(saved_classifier(tmp_path, batch_statistics=False))
    stager.classifier.is_sequential_ = False
    x = night(3, 100.0)
    found = probabilities(streamed(SleepStream(stager, sfreq=100.0), x, [3000]))
    np.testing.assert_allclose(found, stager.probabilities(x, 100.0), atol=1e-6)


def test_another_unit_than_volts_warns():
    stream = SleepStream(chambon(), sfreq=100.0)
    with pytest.warns(SignalWarning, match="microvolts"):
        stream.push(1e6 * night(2, 100.0, 2))


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


@pytest.mark.parametrize("make", [robustsleepnet, chambon, tiny_of_sequences])
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


def test_networks_of_whole_nights_raise_and_name_an_alternative(tmp_path):
    both = saved_classifier(tmp_path, "deepsleepnet", hidden_size=4, n_filters=4)
    expected = r"needs no later windows, got DeepSleepNet .*eegzoo stage.* such as tinysleepnet"
    with pytest.raises(ValueError, match=expected):
        SleepStream(both, sfreq=100.0)
    with pytest.raises(ValueError, match=r"network of eegzoo, got Awake\('mine'\).*eegzoo stage"):
        SleepStream(Awake("mine"), sfreq=100.0)


def test_classifiers_that_align_a_person_must_be_adapted(tmp_path):
    path = saved_classifier(tmp_path, batch_statistics=False)
    stager = load_stager(path)
    stager.classifier.align_ = PersonAlignment("zscore")
    with pytest.raises(ValueError, match=r"EEGClassifier\.adapt.* aligns by all windows .*zscore"):
        SleepStream(stager, sfreq=100.0)


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
