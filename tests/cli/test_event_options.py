"""Events are named on the command line as errors print them."""

import pytest

from eegzoo.cli.event_options import event_source, parse_event_id, parse_events, window_step
from eegzoo.cli.sources import load_windows
from eegzoo.data import Preprocessing
from tests.cases.event_cases import blocks, write_edf

COMMAS = [(2.0 + 4 * k, 0.0, f"press, {('left', 'right')[k % 2]}") for k in range(8)]
TAGS = [(2.0 + 4 * k, 0.0, f"{'left' if k % 2 else 'right'}/{k % 4 // 2}") for k in range(8)]


def windows(path, event_id=None, step=None):
    preprocessing = Preprocessing([step or window_step(0, 1, None, None)])
    return load_windows(preprocessing, None, None, None, [path], event_id, check_signal="ignore")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["left=1,right=2"], {"left": ["1"], "right": ["2"]}),
        (["left=1", "right=2"], {"left": ["1"], "right": ["2"]}),
        (["left=left/hit,left/miss"], {"left": ["left/hit", "left/miss"]}),
        (['"a, b"="c=d",e=f'], {"a, b": ['"c=d"'], "e": ["f"]}),
        (None, {}),
    ],
)
def test_event_id_has_several_events_for_a_label(values, expected):
    assert parse_event_id(values) == expected


@pytest.mark.parametrize("values", [["left"], ["=1"], ["left="], ["a=1,a=2"], ['a="1'], [","]])
def test_wrong_event_ids_raise(values):
    with pytest.raises(ValueError, match="expected "):
        parse_event_id(values)


@pytest.mark.parametrize(
    "event_id", ['l="press, left",r="press, right"', "l=press, left,r=press, right"]
)
def test_names_with_commas_can_be_given(tmp_path, event_id):
    path = write_edf(tmp_path / "a.edf", COMMAS)
    assert sorted(windows(path, [event_id]).labels.tolist()) == ["l"] * 4 + ["r"] * 4


def test_the_error_prints_names_that_can_be_given(tmp_path):
    path = write_edf(tmp_path / "a.edf", COMMAS)
    with pytest.raises(ValueError, match="got events") as caught:
        windows(path, ["l=foo"])
    assert str(caught.value).endswith('got events "press, left", "press, right"')


@pytest.mark.parametrize(
    "event_id",
    ["l=left/0,left/1,r=right/0,right/1", "l=left,r=right", "l=left/*,r=right/?"],
)
def test_tags_and_wildcards_join_events(tmp_path, event_id):
    path = write_edf(tmp_path / "a.edf", TAGS)
    assert sorted(windows(path, [event_id]).labels.tolist()) == ["l"] * 4 + ["r"] * 4


def test_window_cuts_blocks_rest_included(tmp_path):
    path = tmp_path / "blocks_raw.fif"
    blocks().save(path, verbose="ERROR")
    dataset = windows(path, step=window_step(0, 4, 4.0, None))
    assert sorted(dataset.labels.tolist()) == ["rest"] * 10 + ["task"] * 10
    assert len(set(dataset.groups("block").tolist())) == 4


def test_events_of_predict_are_names():
    assert parse_events(["T1,T2", '"a, b"']) == ["T1", "T2", '"a, b"']
    with pytest.raises(ValueError, match="expected values for --events"):
        parse_events([","])


def test_masks_are_numbers():
    assert event_source(stim_mask="0xFF").stim_mask == 255
    with pytest.raises(ValueError, match="--stim-mask to be a positive number"):
        event_source(stim_mask="low")


@pytest.mark.parametrize("arguments", [(None, 1.0), (0.0, None), (1.0, -1.0)])
def test_wrong_windows_raise(arguments):
    with pytest.raises(ValueError, match=r"expected --(window|stride)"):
        window_step(0, 1, *arguments)
