"""Events of a recording are found by what a trained model knows of its labels."""

import numpy as np
import pytest

from eegzoo.cli.trained_events import TrainedEvents, in_words
from eegzoo.data import Epoch, EventSource, Preprocessing
from eegzoo.training import EEGClassifier
from eegzoo.weights import find_weights
from tests.cases.event_cases import EIGHT, pulses, raw_with

HANDS = TrainedEvents(["left", "right"], {"left": ["1"], "right": ["2"]})
ANY = EventSource()


def marked(*names):
    return raw_with([(2.0 + 4 * place, 0.0, name) for place, name in enumerate(names)])


@pytest.mark.parametrize(
    ("names", "found", "said"),
    [
        (["1", "2"], {"left": ["1"], "right": ["2"]}, "events as in training: left=1,right=2"),
        (["left", "right"], {"left": ["left"], "right": ["right"]}, ""),
        (["1", "2", "9"], {"left": ["1"], "right": ["2"]}, "which are no labels of the model: 9"),
        (["left", "rest"], {"left": ["left"]}, "no events of right; events left out"),
        # An experiment with other codes: names like the labels decide.
        (["left", "right", "1"], {"left": ["left"], "right": ["right"]}, "left out"),
    ],
)
def test_events_of_the_training_or_named_like_the_labels(names, found, said, capsys):
    assert HANDS.in_recording(marked(*names), ANY, "a.edf") == found
    assert said in capsys.readouterr().err


def test_rest_is_left_out_beside_two_others_unless_the_training_named_it(capsys):
    known = TrainedEvents(["left", "right", "rest"], {})
    raw = marked("left", "rest", "right")
    assert known.in_recording(raw, ANY, "a.edf") == {"left": ["left"], "right": ["right"]}
    assert "'rest' (--event-id can include them)" in capsys.readouterr().err
    named = TrainedEvents(known.labels, {label: [label] for label in known.labels})
    assert list(named.in_recording(raw, ANY, "a.edf")) == ["left", "right", "rest"]


def test_codes_of_a_stim_channel_are_found_beside_other_annotations():
    stim = pulses({onset: 1 + place % 2 for place, (onset, _) in enumerate(EIGHT)})
    raw = raw_with([(1.0, 0.0, "eyes closed")], {"STI 014": stim})
    assert HANDS.in_recording(raw, ANY, "a.fif") == {"left": ["1"], "right": ["2"]}
    with pytest.raises(ValueError, match='got events "eyes closed"; --event-id left=EVENT'):
        HANDS.in_recording(raw, EventSource("annotations"), "a.fif")


def test_tags_and_wildcards_of_the_training_are_resolved_anew():
    known = TrainedEvents(["hit"], {"hit": ["*/hit", '"press, left"']})
    found = known.in_recording(marked("a/hit", "b/hit", "press, left"), ANY, "a.edf")
    assert found == {"hit": ["a/hit", "b/hit", "press, left"]}
    assert in_words(known.event_id) == 'hit=*/hit,"press, left"'


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (HANDS, "like the labels of the model, left, right or, as in training, left=1,right=2; got "
                "events x; --event-id left=EVENT,right=EVENT tells"),
        (TrainedEvents(["a b"], {}), 'labels of the model, "a b"; got events x; --event-id "a b"='),
        (TrainedEvents([], {"cue": ["7"]}), "as in training, cue=7; got events x; --event-id"),
    ],
)  # fmt: skip
def test_other_events_are_refused_with_both_names(known, message):
    with pytest.raises(ValueError, match="expected events") as caught:
        known.in_recording(marked("x"), ANY, "a.edf")
    assert message in str(caught.value)


def test_epochs_have_events_by_name_or_code():
    epochs = Preprocessing([Epoch(0.0, 1.0)]).epochs(marked("up", "down", "up"))
    codes = {name: str(code) for name, code in epochs.event_id.items()}
    known = TrainedEvents(["a", "b"], {"a": [codes["up"]], "b": [codes["down"]]})
    assert known.in_epochs(epochs, "a-epo.fif") == {"a": [codes["up"]], "b": [codes["down"]]}
    with pytest.raises(ValueError, match="got events"):
        TrainedEvents(["a"], {}).in_epochs(epochs, "a-epo.fif")


def test_the_file_of_an_estimator_holds_them(tmp_path):
    X = np.random.default_rng(0).normal(0, 10, (8, 2, 64)).astype("float32")
    classifier = EEGClassifier("eegnet_4_2", sfreq=64.0, max_epochs=1, check_signal="ignore")
    classifier.fit(X, np.array(["left", "right"] * 4))
    classifier.save(tmp_path / "a.safetensors", event_id={"left": 1, "right": ("2", "3")})
    loaded = EEGClassifier.load(tmp_path / "a.safetensors")
    assert loaded.event_id_ == {"left": ["1"], "right": ["2", "3"]}
    loaded.save(tmp_path / "b.safetensors")
    assert EEGClassifier.load(tmp_path / "b.safetensors").event_id_ == loaded.event_id_
    assert loaded.fit(X, np.array(["up", "down"] * 4)).event_id_ is None
    with pytest.raises(ValueError, match=r"expected events of the labels 'down', 'up', got 'left'"):
        loaded.save(tmp_path / "b.safetensors", event_id={"left": 1})


def test_weights_without_a_mapping_have_none():
    assert find_weights("eegnet.ssvep_exo").event_id == {}
    assert find_weights("eegnet.physionet_mi2").event_id == {}
