"""EEGSym compared with its authors' Keras code and trained weights."""

import numpy as np
import pytest
import torch

from eegzoo.models import EEGSym
from eegzoo.models.references import find_reference
from eegzoo.models.references.eegsym import state_from, windows_from
from tests.reference.model_checks import assert_initial_limits
from tests.shared_data import SHARED, needs

MONTAGE = ("F3", "C3", "P3", "Cz", "Pz", "F4", "C4", "P4")
SIZES = {"n_chans": 8, "n_times": 384, "n_outputs": 2, "sfreq": 128}


def weights_of(n_chans):
    return SHARED / "weights" / f"EEGSym_pretrained_weights_{n_chans}_electrode.h5"


def read_weights(path):
    h5py = pytest.importorskip("h5py")
    weights = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            *_, layer, tensor = name.removesuffix(":0").split("/")
            weights[f"{layer}.{tensor}"] = item[()]

    with h5py.File(path) as file:
        file.visititems(keep)
    return weights


@needs(weights_of(8))
@pytest.mark.parametrize("n_chans", [8, 16])
def test_the_authors_trained_weights_give_their_outputs(n_chans):
    model = EEGSym(**SIZES | {"n_chans": n_chans}).eval()
    model.load_state_dict(state_from(read_weights(weights_of(n_chans))))
    x = np.random.default_rng(0).standard_normal((4, 384, n_chans, 1)).astype(np.float32)
    outputs = model(torch.from_numpy(windows_from(x))).softmax(dim=1)
    expected = torch.from_numpy(find_reference("eegsym").arrays[f"trained_{n_chans}"])
    torch.testing.assert_close(outputs, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("n_chans", "n_params"), [(8, 142_784), (16, 160_496)])
def test_parameter_count_is_the_papers(n_chans, n_params):
    model = EEGSym(**SIZES | {"n_chans": n_chans})
    assert sum(p.numel() for p in model.parameters()) == n_params


def test_initial_weights_have_the_limits_of_keras():
    def he_normal(fan_in):
        return 2 * (2 / fan_in) ** 0.5 / 0.87962566  # truncated at two deviations

    limits = {
        "hemisphere.1.0.body.0.2.weight": he_normal(72 * 16),
        "hemisphere.1.0.body.0.2.bias": 0.0,
        "hemisphere.1.2.body.0.weight": (6 / (5 * (1 + 72))) ** 0.5,
        "hemisphere.2.0.body.0.weight": he_normal(72 * 16),
        "hemisphere.2.2.body.0.weight": he_normal(36 * 5),
        "merge.0.body.0.weight": he_normal(18 * 10),
        "merge.2.0.weight": (6 / (10 * (2 + 18))) ** 0.5,
        "merge.4.0.weight": (6 / (6 * (1 + 36))) ** 0.5,
        "head.weight": (6 / (36 + 2)) ** 0.5,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: EEGSym(**SIZES), limits)


def test_both_hemispheres_share_filters_and_the_midline():
    model = EEGSym(**SIZES, ch_names=MONTAGE).eval()
    inputs_of_both = []
    model.hemisphere.register_forward_pre_hook(lambda _, inputs: inputs_of_both.append(inputs[0]))
    model(torch.arange(8.0).reshape(1, 8, 1).expand(3, -1, 384))
    assert inputs_of_both[0].shape == (6, 1, 5, 384)
    assert inputs_of_both[0][:2, 0, :, 0].tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 3, 4]]


@pytest.mark.parametrize(
    ("n_chans", "n_lateral"), [(1, 0), (2, 0), (3, 1), (7, 3), (8, 3), (16, 7), (64, 31)]
)
def test_one_or_two_channels_are_left_for_the_midline(n_chans, n_lateral):
    assert EEGSym(n_chans, 64, 2, n_filters=8, sfreq=128).n_lateral == n_lateral


@pytest.mark.parametrize(
    ("names", "n_lateral"),
    [
        (MONTAGE, 3),
        (("C3", "C4"), 1),
        (("Fz", "Cz", "Pz"), 0),
        (("EEG Fp1", "EEG FC5", "EEG Fp2", "EEG FC6"), 2),
        (("Fc5.", "Cz..", "Fc6."), 1),
    ],
)
def test_hemispheres_are_inferred_from_names(names, n_lateral):
    model = EEGSym(len(names), 64, 2, n_filters=8, ch_names=names, sfreq=128).eval()
    assert model.n_lateral == n_lateral
    assert model(torch.randn(2, len(names), 64)).shape == (2, 2)


@pytest.mark.parametrize(
    "names",
    [
        ("F3", "C3", "Cz", "C4", "F4"),
        ("F4", "C4", "Cz", "F3", "C3"),
        ("F3", "Cz", "C3", "F4", "C4"),
        ("C3", "Cz", "Pz"),
        ("C3",),
        ("Cz", "C4"),
    ],
)
def test_names_in_another_order_raise(names):
    with pytest.raises(ValueError, match="in the order of the left, such as F3 C3 Cz F4 C4, got"):
        EEGSym(len(names), 64, 2, n_filters=8, ch_names=names, sfreq=128)
    assert (
        EEGSym(len(names), 64, 2, n_filters=8, ch_names=names, n_lateral=0, sfreq=128).n_sides == 1
    )


@pytest.mark.parametrize(
    ("sfreq", "lengths"), [(128, (16, 32, 64)), (250, (31, 62, 125)), (4, (1, 1, 2))]
)
def test_first_kernels_follow_the_sampling_rate(sfreq, lengths):
    model = EEGSym(3, 64, 2, sfreq=sfreq, n_filters=8)
    assert model.kernel_lengths == lengths
    finer = [conv.kernel_size[1] for conv in model.hemisphere[1][0].body[0]]
    assert finer == [max(1, length // 4) for length in lengths]


def test_explicit_lengths_win():
    model = EEGSym(3, 64, 2, n_filters=4, kernel_lengths=(9, 3), sfreq=128)
    assert [conv.kernel_size for conv in model.hemisphere[0][0].body[0]] == [(1, 9), (1, 3)]
    assert model.num_features == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 63}, "n_times of at least 64"),
        ({"n_lateral": 5}, "n_lateral of at most 4 for 8 channels, got 5"),
        ({"n_lateral": -1}, "n_lateral"),
        ({"n_filters": 5}, "multiple of 8, got 5 times 3"),
        ({"kernel_lengths": ()}, "kernel_lengths to be a non-empty sequence"),
        ({"kernel_seconds": (0.1, 0.0)}, "kernel_seconds"),
        ({"drop_prob": 1.5}, "drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGSym(**SIZES | arguments)
