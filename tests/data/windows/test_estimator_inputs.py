"""Epochs, data sets and arrays are converted to windows with their labels and signal."""

import dataclasses

import mne
import numpy as np
import pytest

from eegzoo.data import EpochsDataset, SignalInfo, as_inputs
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.data.windows.lazy_windows import Windows

CH_NAMES, SFREQ, N_TIMES = ("C3", "Cz", "C4"), 100.0, 20
SIGNAL = SignalInfo(CH_NAMES, SFREQ, N_TIMES)
N = 6
MICROVOLTS = np.random.default_rng(0).normal(0, 20, (N, 3, N_TIMES)).astype(np.float32)
LABELS = ["left", "right"] * 3


def make_epochs(ch_names=CH_NAMES, sfreq=SFREQ, scale=1e-6):
    info = mne.create_info(list(ch_names), sfreq, "eeg")
    events = np.column_stack([np.arange(N) * 100, np.zeros(N, int), [1, 2] * 3])
    event_id = {"left": 1, "right": 2}
    return mne.EpochsArray(MICROVOLTS * scale, info, events, 0.0, event_id, verbose="ERROR")


def make_dataset(X=MICROVOLTS):
    subjects = np.repeat(["S1", "S2"], 3)
    return EpochsDataset(X, [0, 1] * 3, ["left", "right"], SIGNAL, {"subject": subjects})


def double(windows):
    return windows * 2


class CountedReads(Windows):
    """Windows that record the indices of each read, as if they were on disk."""

    def __init__(self, X):
        self.X, self.shape, self.reads = X, X.shape, []

    def read(self, indices):
        self.reads.append(indices.tolist())
        return self.X[indices]


@pytest.fixture
def lazy():
    """Return inputs of windows on disk, of which none has been read yet."""
    inputs = as_inputs(make_dataset(CountedReads(MICROVOLTS)))
    inputs.X.reads.clear()  # the data set has checked the amplitudes
    return inputs


# Accepted types.


def test_epochs_are_converted_to_microvolts_with_labels_and_signal():
    inputs = as_inputs(make_epochs())
    assert inputs.X.dtype == np.float32
    np.testing.assert_allclose(inputs.X, MICROVOLTS, rtol=1e-6)
    assert inputs.labels.tolist() == LABELS
    assert dataclasses.replace(inputs.info, processing=None) == SIGNAL
    np.testing.assert_allclose(inputs.metadata["onset"], np.arange(N))


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1.0])
def test_amplitudes_are_not_checked(scale):
    epochs = make_epochs(scale=scale)
    for X in (epochs, [epochs[:3], epochs[3:]]):
        np.testing.assert_allclose(as_inputs(X).X, MICROVOLTS * scale * 1e6, rtol=1e-5)


@pytest.mark.parametrize("indices", [[range(N)], [[5], [0], [2]], [[4, 5], [0, 1, 2, 3]]])
def test_a_list_of_epochs_is_concatenated_in_its_order(indices):
    epochs = make_epochs()
    inputs = as_inputs([epochs[list(part)] for part in indices])
    order = [index for part in indices for index in part]
    np.testing.assert_allclose(inputs.X, MICROVOLTS[order], rtol=1e-6)
    assert inputs.labels.tolist() == [LABELS[index] for index in order]
    assert dataclasses.replace(inputs.info, processing=None) == SIGNAL
    np.testing.assert_allclose(inputs.metadata["onset"], order)


def test_channels_of_a_list_of_epochs_are_matched_by_name():
    parts = [make_epochs(), make_epochs(("C4", "EEG Cz", "C3"))]
    inputs = as_inputs(parts)
    np.testing.assert_allclose(inputs.X[N:], MICROVOLTS[:, ::-1], rtol=1e-6)
    with pytest.raises(ValueError, match="expected sfreq of 100 Hz, got 50 Hz"):
        as_inputs([make_epochs(), make_epochs(sfreq=50.0)])


def test_a_data_set_is_not_copied():
    dataset = make_dataset()
    inputs = as_inputs(dataset)
    assert inputs.X is dataset.X
    assert inputs.labels.tolist() == LABELS
    assert inputs.info is dataset.info
    assert inputs.metadata["subject"].tolist() == ["S1"] * 3 + ["S2"] * 3


def test_windows_on_disk_are_not_read(lazy):
    assert isinstance(lazy.X, Windows)
    assert not lazy.is_sequences
    assert lazy.window_shape == (3, N_TIMES)
    assert lazy.windows() is lazy.X
    assert lazy.X.reads == []


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i2", "i8", "u1"])
@pytest.mark.parametrize(
    ("shape", "is_sequences"), [((N, 3, N_TIMES), False), ((2, 3, 3, N_TIMES), True)]
)
def test_arrays_become_float32_without_labels_signal_or_metadata(shape, is_sequences, kind):
    X = MICROVOLTS.clip(0).reshape(shape).astype(kind)
    for given in (X, X.tolist()):
        inputs = as_inputs(given)
        assert inputs.X.dtype == np.float32
        np.testing.assert_array_equal(inputs.X, X.astype(np.float32))
        assert inputs.is_sequences is is_sequences
        assert inputs.window_shape == (3, N_TIMES)
        assert (inputs.labels, inputs.info, inputs.metadata) == (None, None, {})


def test_float32_arrays_are_not_copied():
    assert as_inputs(MICROVOLTS).X is MICROVOLTS


# Errors.


@pytest.mark.parametrize(
    ("X", "got"),
    [
        (MICROVOLTS.astype(str), r"<U32 of shape \(6, 3, 20\)"),
        (MICROVOLTS.astype(bool), r"bool of shape \(6, 3, 20\)"),
        (MICROVOLTS * 1j, "complex64 of shape"),
        (MICROVOLTS.astype(object), "object of shape"),
        (MICROVOLTS[0], r"float32 of shape \(3, 20\)"),
        (MICROVOLTS[None, None], r"float32 of shape \(1, 1, 6, 3, 20\)"),
        (1.0, r"float64 of shape \(\)"),
        ([], r"float64 of shape \(0,\)"),
        (None, r"object of shape \(\)"),
        ("epochs.fif", r"<U10 of shape \(\)"),
    ],
)
def test_other_types_and_shapes_raise(X, got):
    with pytest.raises(
        ValueError, match=f"expected X to be mne.Epochs, .*n_sequences.*, got {got}"
    ):
        as_inputs(X)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("shape", [(N, 3, N_TIMES), (2, 3, 3, N_TIMES)])
def test_values_that_are_not_finite_in_float32_raise(shape, value):
    X = MICROVOLTS.astype(np.float64).reshape(shape)
    X.flat[77] = value
    with pytest.raises(ValueError, match="expected finite numbers in X, got NaN or infinity"):
        as_inputs(X)


def test_nan_in_epochs_raises_with_the_channel():
    epochs = make_epochs()
    epochs._data[2, 1, 5] = np.nan
    for X in (epochs, [epochs]):
        with pytest.raises(ValueError, match=r"NaN or infinity in channels \['Cz'\]"):
            as_inputs(X)


# Matching a signal.


@pytest.mark.parametrize("make", [make_epochs, lambda: [make_epochs()], make_dataset])
def test_channels_are_put_in_the_order_of_the_signal(make):
    signal = SignalInfo(["eeg c4", "C3", "Cz"], SFREQ, N_TIMES)
    inputs = as_inputs(make(), signal)
    np.testing.assert_allclose(inputs.X, MICROVOLTS[:, [2, 0, 1]], rtol=1e-6)
    assert dataclasses.replace(inputs.info, processing=None) == signal
    assert inputs.labels.tolist() == LABELS


def test_metadata_are_kept_when_channels_are_reordered():
    inputs = as_inputs(make_dataset(), SignalInfo(CH_NAMES[::-1], SFREQ, N_TIMES))
    assert inputs.metadata["subject"].tolist() == ["S1"] * 3 + ["S2"] * 3


def test_windows_on_disk_are_reordered_when_they_are_read():
    disk = CountedReads(MICROVOLTS)
    dataset = make_dataset(disk)
    disk.reads.clear()
    inputs = as_inputs(dataset, SignalInfo(CH_NAMES[::-1], SFREQ, N_TIMES))
    assert disk.reads == []
    np.testing.assert_array_equal(inputs.X[[4, 1]], MICROVOLTS[[4, 1], ::-1])
    assert disk.reads == [[4, 1]]


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (SignalInfo(("C3", "Pz"), SFREQ, N_TIMES), r"channels \['Pz'\] are missing"),
        (SignalInfo(CH_NAMES, 128.0, N_TIMES), "expected sfreq of 128 Hz, got 100 Hz"),
        (SignalInfo(CH_NAMES, SFREQ, 10), "expected n_times of 10 samples, got 20 samples"),
        (SignalInfo(CH_NAMES, SFREQ, N_TIMES, 0.5), "expected tmin of 0.5 s, got 0 s"),
    ],
)
@pytest.mark.parametrize("make", [make_epochs, make_dataset])
def test_windows_of_another_signal_raise(make, signal, message):
    with pytest.raises(ValueError, match=message):
        as_inputs(make(), signal)


def test_arrays_are_not_matched_to_the_signal():
    """Arrays have no channel names; the estimator checks their shape."""
    inputs = as_inputs(MICROVOLTS, SignalInfo(CH_NAMES[::-1], 128.0, 7))
    assert inputs.X is MICROVOLTS
    assert inputs.info is None


# Methods of the inputs.


def test_a_subset_keeps_windows_labels_and_metadata_together():
    inputs = as_inputs(make_dataset()).subset(np.array([5, 0, 3]))
    np.testing.assert_array_equal(inputs.X, MICROVOLTS[[5, 0, 3]])
    assert inputs.labels.tolist() == ["right", "left", "right"]
    assert inputs.metadata["subject"].tolist() == ["S2", "S1", "S2"]
    assert dataclasses.replace(inputs.info, processing=None) == SIGNAL


def test_a_subset_of_windows_on_disk_reads_nothing(lazy):
    subset = lazy.subset(np.array([5, 0, 3])).subset(np.array([2, 0]))
    assert isinstance(subset.X, Windows)
    assert subset.labels.tolist() == ["right", "right"]
    assert lazy.X.reads == []
    np.testing.assert_array_equal(subset.X[:], MICROVOLTS[[3, 5]])
    assert lazy.X.reads == [[3, 5]]


def test_a_subset_of_sequences_has_whole_sequences():
    X = MICROVOLTS.reshape(2, 3, 3, N_TIMES)
    inputs = as_inputs(X).subset(np.array([1]))
    np.testing.assert_array_equal(inputs.X, X[[1]])
    assert (inputs.labels, inputs.info, inputs.metadata) == (None, None, {})


def test_windows_of_sequences_are_concatenated_as_the_mask_selects():
    inputs = as_inputs(MICROVOLTS.reshape(2, 3, 3, N_TIMES))
    np.testing.assert_array_equal(inputs.windows(), MICROVOLTS)
    mask = np.array([[True, False, True], [False, True, False]])
    np.testing.assert_array_equal(inputs.windows(mask), MICROVOLTS[[0, 2, 4]])


def test_single_windows_are_returned_without_a_copy():
    assert as_inputs(MICROVOLTS).windows() is MICROVOLTS


@pytest.mark.parametrize("shape", [(N, 3, N_TIMES), (2, 3, 3, N_TIMES)])
def test_a_function_is_applied_to_all_windows_in_memory_at_once(shape):
    shapes = []

    def subtract_mean(windows):
        shapes.append(windows.shape)
        return windows - windows.mean(axis=(1, 2), keepdims=True)

    mapped = as_inputs(MICROVOLTS.reshape(shape)).mapped(subtract_mean)
    assert shapes == [(N, 3, N_TIMES)]
    assert isinstance(mapped, np.ndarray)
    expected = MICROVOLTS - MICROVOLTS.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_array_equal(mapped, expected.reshape(shape))


def test_a_function_is_applied_to_windows_on_disk_when_they_are_read(lazy):
    mapped = lazy.mapped(double)
    assert isinstance(mapped, Windows)
    assert mapped.shape == (N, 3, N_TIMES)
    assert lazy.X.reads == []
    np.testing.assert_array_equal(mapped[[2, 0]], MICROVOLTS[[2, 0]] * 2)
    assert lazy.X.reads == [[2, 0]]


def test_inputs_do_not_share_their_default_metadata():
    assert Inputs(MICROVOLTS).metadata is not Inputs(MICROVOLTS).metadata
