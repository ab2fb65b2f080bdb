"""Pretrained models for other channels, rates and windows."""

import mne
import numpy as np
import pytest
import torch

from eegzoo import channel_plan, create_model
from eegzoo.data import SignalWarning, resample
from eegzoo.models import load_model, save_model
from eegzoo.models.adapted_input import AdaptedInput
from tests.weights.channels.small_weights import SMALL, small_weights
from tests.weights.foundation.test_checkpoints import checkpoint

# BIOT has no differences with the midline.
pytestmark = pytest.mark.filterwarnings("ignore:channels are not used")

TEN_TWENTY = [
    "Fp1",
    "Fp2",
    "F7",
    "F3",
    "Fz",
    "F4",
    "F8",
    "T7",
    "C3",
    "Cz",
    "C4",
    "T8",
    "P7",
    "P3",
    "Pz",
    "P4",
    "P8",
    "O1",
    "O2",
]


def created(architecture, ch_names=TEN_TWENTY, sfreq=200.0, n_times=600, **arguments):
    given = {"n_outputs": 3, **arguments}
    return create_model(
        architecture, weights=small_weights(architecture), ch_names=ch_names, sfreq=sfreq,
        n_times=n_times, **given,
    )  # fmt: skip


def features(model, x):
    with torch.no_grad():
        return model.features(torch.as_tensor(x, dtype=torch.float32))


@pytest.fixture
def x():
    return 20 * np.random.default_rng(0).standard_normal((2, 19, 750))


@pytest.mark.parametrize("architecture", SMALL)
def test_windows_of_another_montage_and_rate_enter(architecture, x):
    model = created(architecture, sfreq=250.0, n_times=750)
    assert (model.n_chans, model.n_times, model.n_outputs, model.sfreq) == (19, 750, 3, 250.0)
    assert model.ch_names == tuple(TEN_TWENTY)
    assert model(torch.as_tensor(x, dtype=torch.float32)).shape == (2, 3)


@pytest.mark.parametrize("architecture", SMALL)
def test_the_model_computes_what_the_plan_does(architecture, x):
    model = created(architecture, sfreq=250.0, n_times=750)
    plan = channel_plan(architecture, TEN_TWENTY, 250.0, n_times=750)
    there = plan.apply(x)
    names = [channel.name for channel in plan.used]
    direct = created(architecture, names, model.backbone.sfreq, there.shape[-1])
    assert not isinstance(direct, AdaptedInput)
    torch.testing.assert_close(features(model, x), features(direct, there), rtol=1e-4, atol=1e-5)


def test_no_layer_is_added_where_channels_are_only_chosen():
    model = created("labram")
    assert type(model).__name__ == "LaBraM"
    assert model.ch_names[:2] == ("FP1", "FP2")


def test_the_order_of_the_channels_is_the_users(x):
    x = x[..., :600]
    shuffled = np.random.default_rng(1).permutation(19)
    model, other = created("labram"), created("labram", [TEN_TWENTY[place] for place in shuffled])
    torch.testing.assert_close(
        features(model, x), features(other, x[:, shuffled]), rtol=1e-4, atol=1e-5
    )


def test_channels_that_are_not_eeg_have_no_influence(x):
    x = x[..., :600]
    with pytest.warns(SignalWarning, match=r"not used: ECG \(its name is that of ECG\)"):
        model = created("labram", [*TEN_TWENTY, "ECG"])
    with_ecg = np.concatenate([x, 1e4 * np.ones((2, 1, 600))], axis=1)
    expected = features(created("labram"), x)
    torch.testing.assert_close(features(model, with_ecg), expected, rtol=1e-4, atol=1e-5)


def test_an_adapted_model_is_saved_with_its_channels(tmp_path, x):
    model = created("biot", sfreq=250.0, n_times=750)
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert (again.ch_names, again.n_times) == (tuple(TEN_TWENTY), 750)
    assert torch.equal(features(again, x), features(model, x))


def test_dropout_is_an_argument():
    model = created("labram", path_drop_prob=0.4)
    assert model.path_drop_prob == 0.4
    with pytest.raises(TypeError, match="takes no argument 'feature_drop_prob'"):
        created("labram", feature_drop_prob=0.4)


def test_a_new_head_keeps_the_features(x):
    same = created("labram", n_outputs=None)
    assert same.n_outputs == 2
    torch.testing.assert_close(features(same, x[..., :600]), features(created("labram"),
                                                                      x[..., :600]))  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ch_names": ["E1", "E3"]}, r"got 0 among \['E1', 'E3'\](.|\n)*FP1 +absent +missing"),
        ({"n_times": 100}, "expected windows of at least 200 samples"),
        ({"n_times": None}, "expected n_times, the number of samples in a window, got none"),
        ({"ch_names": None}, "expected ch_names with sfreq, n_times or montage"),
    ],
)
def test_what_the_model_cannot_take_is_refused_with_the_table(arguments, message):
    with pytest.raises(ValueError, match=message):
        created("labram", **arguments)


def test_compact_weights_have_one_rate_and_length():
    names = create_model("eegnet.ssvep_exo", weights=True).ch_names
    with pytest.raises(ValueError, match=r"expected sfreq of 128 for eegnet.ssvep_exo, got 250"):
        create_model("eegnet.ssvep_exo", weights=True, ch_names=names, sfreq=250.0)


def test_weights_of_other_shapes_are_refused():
    weights = small_weights("labram")
    weights.source.load().n_filters = 8
    with pytest.raises(ValueError, match=r"do not suit 19 channels .* patches"):
        create_model("labram", weights=weights, ch_names=TEN_TWENTY, sfreq=200.0, n_times=400)


# Pretrained weights by name, in a file of the authors' layout.


def test_pretrained_weights_follow_the_plan(tmp_path):
    path = tmp_path / "biot.ckpt"
    torch.save(checkpoint("biot.six_datasets"), path)
    given = {"weights": True, "n_outputs": 3, "path": path}
    model = create_model(
        "biot.six_datasets", **given, ch_names=TEN_TWENTY, sfreq=250.0, n_times=1000
    )
    assert (model.n_chans, model.sfreq) == (19, 250.0)
    plan = channel_plan("biot.six_datasets", TEN_TWENTY, 250.0)
    x = 20 * np.random.default_rng(0).standard_normal((2, 19, 1000))
    names = [channel.name for channel in plan.used]
    direct = create_model("biot.six_datasets", **given, ch_names=names, n_times=800)
    torch.testing.assert_close(
        features(model, x), features(direct, plan.apply(x)), rtol=1e-4, atol=1e-5
    )
    with pytest.raises(ValueError, match=r"got 0 among \['X1'\](.|\n)*FP1-F7 +absent"):
        create_model("biot.six_datasets", **given, ch_names=["X1"], sfreq=250.0, n_times=1000)


def test_a_plan_is_that_of_the_weights():
    assert channel_plan("biot.prest", ["C3-A2", "Fp1", "F7"], 200.0).left_out == {
        "C3-A2": "not known to the model"
    }


# Recordings and epochs.


@pytest.fixture
def raw():
    info = mne.create_info([f"EEG {name}-REF" for name in TEN_TWENTY], 250.0, "eeg")
    data = 2e-5 * np.random.default_rng(0).standard_normal((19, 5000))
    raw = mne.io.RawArray(data, info, verbose=False).set_annotations(
        mne.Annotations([4.0, 8.0, 12.0], 0.0, ["a", "b", "a"])
    )
    return raw.filter(1.0, 40.0, verbose=False)


def test_a_recording_follows_the_plan(raw):
    plan = channel_plan("biot", raw.ch_names, 250.0)
    made = plan.apply(raw)
    assert made.ch_names[0] == "FP1-F7"
    assert made.info["sfreq"] == 200.0
    assert (made.info["highpass"], made.info["lowpass"]) == (1.0, 40.0)
    np.testing.assert_array_equal(made.annotations.onset, raw.annotations.onset)
    expected = resample(raw.get_data("EEG Fp1-REF") - raw.get_data("EEG F7-REF"), 250.0, 200.0)
    np.testing.assert_allclose(made.get_data("FP1-F7"), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("date", [None, 0])
def test_events_of_a_cropped_recording_stay_where_they_are(raw, date):
    raw.set_meas_date(date).crop(3.0)
    made = channel_plan("biot", raw.ch_names, 250.0).apply(raw)
    for each in (raw, made):
        events, _ = mne.events_from_annotations(each, verbose=False)
        np.testing.assert_allclose((events[:, 0] - each.first_samp) / each.info["sfreq"], [1, 5, 9])


def test_epochs_follow_the_plan(raw):
    plan = channel_plan("labram", raw.ch_names, 250.0)
    epochs = mne.Epochs(raw, tmin=0.0, tmax=1.996, baseline=None, preload=True, verbose=False)
    made = plan.apply(epochs)
    assert len(made.ch_names) == 19
    assert made.get_data(copy=False).shape == (3, 19, 400)
    assert made.event_id == epochs.event_id
    np.testing.assert_array_equal(made.events[:, 2], epochs.events[:, 2])
    expected = resample(epochs.get_data(["EEG C3-REF"]), 250.0, 200.0)
    np.testing.assert_allclose(made.get_data(["C3"]), expected, rtol=0, atol=1e-12)


def test_a_plan_is_for_its_channels_and_rate(raw, x):
    plan = channel_plan("labram", raw.ch_names, 200.0)
    with pytest.raises(ValueError, match="expected the plan's sfreq of 200 Hz, got 250"):
        plan.apply(raw)
    with pytest.raises(ValueError, match="expected the channels of the plan"):
        plan.apply(raw.copy().drop_channels(raw.ch_names[:1]))
    with pytest.raises(ValueError, match=r"shape \(..., 19, n_times\), got \(2, 18, 750\)"):
        plan.apply(x[:, 1:])
