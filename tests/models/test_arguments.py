"""Arguments of the models: the sizes come first, and all models use the same names."""

import inspect
import re

import pytest

import eegzoo
from eegzoo.models import create_model, find_entry, list_models

SIZES = ["n_chans", "n_times", "n_outputs", "sfreq"]
# One name for each concept. A name is a regular expression.
CONCEPTS = {
    "activation": "class of the non-linear layers",
    "ch_names": "names of the channels",
    # Filters.
    "n_filters": "number of filters; a tuple for several stages",
    "F1|D|F2|D1|D2": "numbers and multiples of filters, in the letters of the paper",
    "n_kernels": "number of parallel kernels of different lengths",
    "kernel_lengths?": "length of kernels in samples",
    "kernel_seconds": "length of kernels in seconds",
    "kernel_sizes": "heights and widths of 2-D kernels",
    "strides?": "stride of convolutions in samples",
    "dilations": "dilations of convolutions in samples",
    "pool_lengths?": "length of pools in samples",
    "pool_seconds": "length of pools in seconds",
    "pool_stride": "stride of pools in samples",
    "patch_length": "length of a token in samples",
    "patch_stride": "number of samples from one token to the next",
    "(power_)?max_norm": "maximum norm of a layer's weights",
    # Repeated parts and their sizes.
    "depths?": "number of repeated blocks or layers; a tuple for several stages",
    "n_heads": "number of attention heads",
    "embed_dim": "number of features of a token",
    "n_kv_heads": "number of heads of keys and values, which heads of queries share",
    "group_dim": "number of maps of a group",
    "attention_pool": "whether the features are the mean that a query attends to",
    "head_dim": "number of features of an attention head",
    "expansion": "size of a transformer's feed-forward part, as a multiple of a token's",
    "feedforward_size": "size of a transformer's feed-forward part",
    "hidden_size": "size of an LSTM's state",
    "head_units": "number of hidden units of the head",
    # Regularisation.
    "drop_prob": "dropout probability",
    "drop_maps": "whether dropout drops whole maps",
    "batch_statistics": "whether training normalises by the statistics of the batch",
    "n_summaries": "number of summary tokens at each time",
    "layer_scale": "initial factor of a residual branch",
    # What is computed of a window and a person.
    "(power_)?bands": "lower and upper edges of frequency bands in Hz",
    "power_seconds": "length of the segments of Welch's method in seconds",
    "filter_order": "order of band-pass filters",
    "shrinkage": "share of the mean variance in a covariance",
    "two_heads": "whether two parts of the features have a dense layer each",
    "stimulus_freqs": "frequencies of flickering stimuli in Hz",
    "neighbors": "distances of frequencies beside these in Hz",
    "n_harmonics": "number of harmonics of a stimulus",
    "n_correlations": "number of canonical correlations",
    # Choices of single architectures.
    "attention": "kind of attention over maps",
    "across_channels": "whether there are filters over all channels beside those in time",
    "bandwidth": "width of a frequency band in Hz",
    "cells": "position of each channel on a grid",
    "context_length": "number of windows from which one window is classified",
    "complexity": "factor on the number of weights",
    "frozen_temporal": "whether the temporal filters are frozen",
    "log_power": "whether a pool gives the logarithm of the mean power",
    "mean_pool": "whether the features are the mean over the tokens",
    "grid_size": "rows and columns of a grid of electrodes",
    "network_sfreq": "sampling rate inside the network in Hz",
    "n_bands": "number of frequency bands",
    "n_lateral": "number of channels of one hemisphere",
    "n_queries": "number of learnt queries",
    "n_segments": "number of segments of a window",
    "n_frequencies": "number of frequencies along each axis of positions",
    "positions": "position of each channel in metres",
    "position_noise": "standard deviation in metres of the errors of positions in training",
}
# A name may start with the part of the model that it belongs to: `tcn_depth`.
PARTS = "attention|head|output|path|position|recalibration|second|tcn|transformer"

every_model = pytest.mark.parametrize("name", list_models())


def concept_of(argument):
    """The concept in the table that an argument's name stands for, or None."""
    for concept in CONCEPTS:
        if re.fullmatch(rf"(({PARTS})_)?({concept})", argument):
            return concept
    return None


def parameters_of(name):
    parameters = inspect.signature(find_entry(name).model_class.__init__).parameters
    return list(parameters.values())[1:]


@every_model
def test_the_sizes_come_first_and_have_no_defaults(name):
    first = parameters_of(name)[: len(SIZES)]
    assert [parameter.name for parameter in first] == SIZES
    for parameter in first:
        assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        assert parameter.default is parameter.empty


@every_model
def test_other_arguments_are_keyword_only_and_have_defaults(name):
    """What only the experiment knows has no default: it belongs to the standard size."""
    for parameter in parameters_of(name)[len(SIZES) :]:
        assert parameter.kind is parameter.KEYWORD_ONLY, parameter.name
        has_default = parameter.default is not parameter.empty
        assert has_default != (parameter.name in find_entry(name).standard), parameter.name


@every_model
def test_all_models_use_the_same_names(name):
    names = [parameter.name for parameter in parameters_of(name)[len(SIZES) :]]
    assert [argument for argument in names if concept_of(argument) is None] == []


@pytest.mark.parametrize(
    "argument",
    [
        "dropout", "drop_rate", "p", "num_heads", "heads", "n_layers", "kernel_size", "kernLength",
        "tcn_filters", "n_maps", "n_hidden", "n_embedding", "n_windows", "samples", "srate",
    ],
)  # fmt: skip
def test_synonyms_are_rejected(argument):
    assert concept_of(argument) is None


def test_some_model_has_every_concept():
    used = {concept_of(p.name) for name in list_models() for p in parameters_of(name)}
    assert used - {None} == set(CONCEPTS)


@every_model
def test_a_variant_changes_arguments_of_its_class_but_no_size(name):
    arguments = [parameter.name for parameter in parameters_of(name)]
    assert set(find_entry(name).defaults) <= set(arguments) - set(SIZES)


@every_model
@pytest.mark.parametrize("size", SIZES)
def test_a_missing_size_raises_by_name(name, size):
    others = {key: value for key, value in find_entry(name).standard.items() if key != size}
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{size}'"):
        create_model(name, **others)
    with pytest.raises(TypeError, match=f"^{name} needs {size}, the [^;]*$"):
        eegzoo.create_model(name, **others)


@pytest.mark.parametrize("create", [create_model, eegzoo.create_model])
def test_all_missing_sizes_are_named_in_one_line(create):
    with pytest.raises(TypeError) as raised:
        create("eegnet", n_chans=4)
    message = str(raised.value)
    assert "\n" not in message
    assert re.findall(rf"\b({'|'.join(SIZES)})\b(?=[',])", message) == SIZES[1:]
