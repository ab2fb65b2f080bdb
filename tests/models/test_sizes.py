"""What a new model needs to know is asked for in words."""

import pytest

import eegzoo

SIZES = {"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250}


@pytest.mark.parametrize(
    ("absent", "given", "message"),
    [
        ("sfreq", {}, "eegnet needs sfreq, the sampling rate in Hz"),
        ("n_outputs", {"n_classes": 4}, "number of classes or targets; it takes no 'n_classes'"),
    ],
)
def test_missing_sizes_are_named_in_words(absent, given, message):
    sizes = {name: value for name, value in SIZES.items() if name != absent}
    with pytest.raises(TypeError, match=message):
        eegzoo.create_model("eegnet", **sizes, **given)


def test_module_of_a_package_is_no_name_of_weights():
    model = eegzoo.create_model("eegzoo.models.eegnet:EEGNet", **SIZES)
    assert model.n_chans == 22


def test_file_in_place_of_a_name_says_what_loads_it():
    with pytest.raises(ValueError, match=r"got the file 'mine.safetensors'; eegzoo.load_model"):
        eegzoo.create_model("mine.safetensors", weights=True)
