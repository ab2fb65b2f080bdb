"""Tests that every registered model must pass."""

import os
import shutil
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo.layers.fronts.temporal_spatial import fused_fronts
from eegzoo.models import create_model, find_entry, list_models, load_model, save_model
from eegzoo.testing.check_model import QUICK_CHECKS, SLOW_CHECKS, ModelCase
from eegzoo.testing.exports import check_compiled_model, check_exported_model, check_onnx_model
from eegzoo.testing.model_case import windows

HAS_ONNX = find_spec("onnxruntime") is not None and find_spec("onnxscript") is not None
NAMES = list_models()
# The slowest tests use one model of each class, because variants run the same code.
CLASSES = list({find_entry(name).model_class: name for name in reversed(NAMES)}.values())

# Maximum number of samples in a window, which keeps tests fast.
N_TIMES = 256
# Sizes for models that half the standard sampling rate and `N_TIMES` do not suit.
SMALL_SIZES: dict[str, dict[str, object]] = {
    "atcnet": {"n_segments": 2, "n_times": 168},
    "attnsleep": {"n_filters": 16, "recalibration_n_filters": 10, "feedforward_size": 16},
    "basenet": {"n_filters": (6, 4)},
    "basenet_se": {"n_filters": (6, 4)},
    "bdtcn": {"n_filters": 4, "depth": 2, "kernel_length": 4},
    # Transformers with few and small layers: their published sizes take minutes.
    "bendr": {"embed_dim": 16, "depth": 2, "n_heads": 2, "feedforward_size": 16, "n_times": 300},
    "biot": {
        "patch_length": 40, "patch_stride": 20, "embed_dim": 16, "depth": 2, "n_heads": 2,
        "n_times": 100,
    },
    "cbramod": {"patch_length": 40, "n_filters": 10, "depth": 2, "n_heads": 4, "n_times": 90},
    "contrawr": {"n_filters": (4, 6, 8, 8)},
    "ctnet": {"depth": 2},
    "deep_convnet": {"n_filters": 5},
    "deepsleepnet": {"n_filters": 8, "hidden_size": 16},  # 22 million parameters take minutes
    "eegconformer": {
        "n_filters": 8, "embed_dim": 8, "depth": 2, "n_heads": 2, "head_units": (16, 8),
    },
    "eegnex": {"n_filters": (4, 8)},
    "eegsimpleconv": {"n_filters": 8, "n_times": 96},
    # With more ReLUs, one is more often so close to its kink that finite differences are wrong.
    "eeginception_mi": {"n_filters": 2, "n_kernels": 2, "n_times": 40},
    "eegitnet": {"kernel_lengths": (3, 6, 12), "tcn_depth": 1, "n_times": 100},
    "eegpt": {
        "patch_length": 16, "n_summaries": 2, "embed_dim": 16, "depth": 2, "n_heads": 2,
        "n_times": 52, "head_units": 4,
    },
    "epint": {
        "patch_length": 20, "embed_dim": 16, "depth": 2, "n_heads": 2, "n_times": 90,
    },
    "fbmsnet": {"n_filters": (8, 16), "kernel_lengths": (4, 7, 15, 31)},
    "ifnet": {"n_filters": 8},
    "ifnet_v2": {"n_filters": 8},
    "labram": {"patch_length": 40, "n_filters": 4, "depth": 2, "n_heads": 2, "n_times": 96},
    "lightconvnet": {"n_filters": 8, "n_heads": 2},
    "luna": {
        "patch_length": 8, "embed_dim": 16, "n_queries": 2, "depth": 1, "n_heads": 2,
        "expansion": 2, "n_times": 52, "path_drop_prob": 0.0,
    },
    "msvtnet": {
        "kernel_lengths": (5, 12), "n_filters": 3, "n_heads": 2, "depth": 1, "n_times": 112,
    },
    "resnet1d": {"n_filters": 4, "depths": (1, 1, 1, 1), "n_times": 97},
    "resnet1d_selfeeg": {"n_filters": 4, "n_times": 97},
    "reve": {
        "patch_length": 40, "patch_stride": 30, "embed_dim": 16, "depth": 2, "n_heads": 2,
        "feedforward_size": 16, "n_times": 100, "position_noise": 0.0,
    },
    # Compilers and exporters write out the steps of recurrent layers: three here.
    "robustsleepnet": {
        "n_filters": 8, "hidden_size": 8, "second_hidden_size": 10, "n_times": 130,
    },
    "sccnet": {"n_filters": (6, 5)},
    "seqsleepnet": {  # a corner of these filters is exactly at a bin
        "n_filters": 8, "hidden_size": 8, "second_hidden_size": 8, "n_times": 200,
    },
    "sinc_shallow_net": {"n_filters": 4, "kernel_length": 9, "pool_length": 40, "n_times": 100},
    "sleeptransformer": {"depth": 1, "second_depth": 1, "feedforward_size": 32},
    "sparcnet": {"n_filters": 4, "depth": 1, "expansion": 2, "n_times": 40},
    "sstdpn": {"n_filters": (3, 6)},
    "stnet": {"n_filters": 16, "head_units": 16},
    "steegformer": {"embed_dim": 16, "depth": 2, "n_heads": 2, "n_times": 40},
    "tcformer": {
        "kernel_lengths": (5, 12), "n_filters": 3, "group_dim": 8, "n_heads": 2, "n_kv_heads": 1,
        "tcn_depth": 1, "n_times": 112,
    },
    "tidnet": {"n_filters": (4, 3), "kernel_length": 5, "pool_length": 8, "n_times": 80},
    "transformeeg": {"n_times": 24},
    "usleep": {"depth": 2},  # a depth of 12 takes minutes to compile
    "xeegnet": {"frozen_temporal": False},  # frozen filters get no gradient
}  # fmt: skip
# Of more channels, exported graphs have hundreds of Jacobi's rotations, which take half a minute.
EXPORTED_SIZES: dict[str, dict[str, object]] = {
    "ssvep_front": {"n_chans": 2}, "tangent_net": {"n_chans": 2},
}  # fmt: skip
# Models whose published size takes seconds for each batch, as that of foundation models does.
LARGE = ("bdtcn", "deepsleepnet", "eeginception_mi", "sleeptransformer", "tidnet")
# Learning rates of models that learn a tiny batch only at a rate below 0.01.
LEARNING_RATES: dict[str, float] = {"luna": 0.003, "sleeptransformer": 0.001, "stnet": 0.001}

every_model = pytest.mark.parametrize("name", NAMES)
needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++"))), reason="no C++ compiler"
)
every_class = pytest.mark.parametrize("name", CLASSES)
# Inductor computes the Fourier transforms of fbcnet and tangent_net in eager mode, and warns once.
complex_in_eager_mode = pytest.mark.filterwarnings(
    "ignore:Torchinductor does not support code generation for complex"
)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # faster than several threads for small tensors
    yield
    torch.set_num_threads(threads)


def sizes(name, rate=0.5, seconds=1.0):
    """Sizes with three channels and classes; `rate` and `seconds` multiply the standard ones."""
    standard = find_entry(name).standard
    n_times = round(standard["n_times"] * rate * seconds)
    sfreq = standard["sfreq"] * rate
    return {**standard, "n_chans": 3, "n_times": n_times, "n_outputs": 3, "sfreq": sfreq}


def case(name, **changes):
    small = sizes(name)
    small["n_times"] = min(small["n_times"], N_TIMES)
    chosen = small | SMALL_SIZES.get(name, {}) | changes
    return ModelCase(partial(create_model, name), chosen, LEARNING_RATES.get(name, 0.01))


def build(name, **changes):
    return case(name).build(**changes)


def id_of(check):
    return check.__name__.removeprefix("check_")


@every_model
@pytest.mark.parametrize("check", QUICK_CHECKS, ids=id_of)
def test_every_model_passes(check, name):
    if (name, id_of(check)) == ("eegpt", "a_tiny_batch_is_learnt"):
        pytest.skip("it takes microvolts as millivolts; test_eegpt has this at 100 microvolts")
    check(case(name))


# The check of ONNX makes that of `torch.export` with the same program.
LEFT_OUT = check_exported_model if HAS_ONNX else check_onnx_model


@every_class
@pytest.mark.parametrize("check", [one for one in SLOW_CHECKS if one is not LEFT_OUT], ids=id_of)
def test_every_class_passes(check, name):
    is_exported = check is not check_compiled_model
    check(case(name, **(EXPORTED_SIZES.get(name, {}) if is_exported else {})))


@every_model
def test_standard_size_works(name):
    standard = find_entry(name).standard
    model = create_model(name, **standard).eval()
    assert model(windows(model, 2)).shape == (2, standard["n_outputs"])


@every_model
def test_model_is_built_without_memory(name):
    with torch.device("meta"):  # the site tries sizes so
        model = create_model(name, **find_entry(name).standard)
    assert all(parameter.is_meta for parameter in model.parameters())


@every_model
@pytest.mark.parametrize(
    ("n_chans", "rate", "seconds", "n_outputs"),
    [(1, 0.5, 1.0, 2), (7, 0.5, 1.37, 5), (19, 1.0, 1.0, 1), (2, 2.0, 0.71, 4)],
)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_sizes_can_be_chosen(name, n_chans, rate, seconds, n_outputs, training):
    chosen = sizes(name, rate, seconds) | {"n_chans": n_chans, "n_outputs": n_outputs}
    if find_entry(name).foundation or name in LARGE:
        small = SMALL_SIZES.get(name, {}).items()
        lengths = ("n_times", "patch_length", "patch_stride")
        chosen |= {key: value for key, value in small if key not in lengths}
    model = create_model(name, **chosen).train(training)
    assert model(windows(model)).shape == (4, n_outputs)
    assert {key: getattr(model, key) for key in chosen} == chosen


@every_model
def test_channel_names_are_saved(name, tmp_path):
    # BIOT knows differences of electrodes alone.
    ch_names = ("C3-A2", "P3-O1", "C4-P4") if name == "biot" else ("C3", "Cz", "C4")
    model = case(name).build(ch_names=ch_names)
    save_model(model, tmp_path / "model.safetensors")
    assert load_model(tmp_path / "model.safetensors").ch_names == ch_names


@every_model
@pytest.mark.parametrize("ch_names", ["C3C", b"C3C", "C3", 3], ids=repr)
def test_channel_names_in_one_string_raise(name, ch_names):
    with pytest.raises(TypeError, match="expected ch_names to be a sequence of names, got"):
        case(name).build(ch_names=ch_names)


def as_numpy(value):
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    if isinstance(value, float):
        return np.float32(value)
    if isinstance(value, tuple):
        return tuple(map(as_numpy, value))
    return value


@every_model
def test_numpy_numbers_are_arguments_that_are_saved(name, tmp_path):
    plain = case(name).build()
    given = {key: as_numpy(value) for key, value in plain.arguments.items()}
    model = type(plain)(**given)
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.arguments == model.arguments
    assert {key: value.shape for key, value in again.state_dict().items()} == {
        key: value.shape for key, value in plain.state_dict().items()
    }


@every_model
def test_an_activation_that_is_no_class_of_layers_raises(name):
    if "activation" not in find_entry(name).parameters:
        pytest.skip("the activation cannot be chosen")
    for activation in (nn.ReLU(), torch.relu, int, "ReLU"):
        with pytest.raises(TypeError, match="expected activation to be a class of layers"):
            case(name).build(activation=activation)


# Inductor compiles a file for each kernel: half an hour of the processor for all models. These have
# our own autograd functions, constraints, pools, recurrent layers, matrix logarithms, attention and
# Fourier transforms. `check_compiled_model` traces the graphs of all, without generating code.
@pytest.mark.slow
@needs_compiler
@complex_in_eager_mode
@pytest.mark.parametrize(
    "name", ["deep_convnet", "eegnet", "shallow_convnet", "tangent_net", "tinysleepnet"]
)
def test_inductor_computes_the_gradients_of_training(name):
    # Of so few channels, fronts are computed in the order of their layers unless this is set.
    with fused_fronts(True if name == "eegnet" else None):
        check_compiled_model(case(name), "inductor", (True,))


@pytest.mark.slow
@needs_compiler
@complex_in_eager_mode
@pytest.mark.parametrize(
    "name",
    [
        "biot", "eegnet", "fbcnet", "ifnet", "labram", "msvtnet", "resnet1d", "sccnet",
        "seqsleepnet", "ssvep_front", "stnet",
    ],
)  # fmt: skip
def test_inductor_computes_the_outputs_without_gradients(name):
    check_compiled_model(case(name), "inductor", (False,), grad=False)
