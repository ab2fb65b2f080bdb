"""Recordings like those of real laboratories: what `eegzoo train` makes of each file.

The files are made by a script beside the project; clones without it have the generators in this
folder, with which the tests of the single readers are written.
"""

import collections
import shlex
import subprocess
import sys

import pytest

from eegzoo.cli import sources
from eegzoo.cli.channel_options import ChannelOptions
from eegzoo.cli.epochs_files import epochs_preprocessing
from eegzoo.cli.event_options import event_source
from eegzoo.cli.preprocessing_options import PreprocessingOptions
from eegzoo.cli.reading_options import reader
from tests.shared_data import SHARED

MAKER = SHARED / "cases" / "make_cases.py"
FOURS = {"a": 4, "b": 4}
STAGES = {"W": 3, "1": 1, "2": 4, "3": 2, "R": 2}
NIGHT = "--window 30 --event-id '1=*1,2=*2,3=*3,R=*R,W=*W'"
CH17 = ["Fp1", "Fp2", "C3", "C4", "O1", "O2", "T7", "P8"]

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not MAKER.exists(), reason="make_cases.py is not available"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with the files that the script makes."""
    pytest.importorskip("edfio")
    pytest.importorskip("pybv")
    pytest.importorskip("eeglabio")
    folder = tmp_path_factory.mktemp("cases")
    (folder / "make_cases.py").write_bytes(MAKER.read_bytes())
    subprocess.run([sys.executable, "-W", "ignore", "make_cases.py"], cwd=folder, check=True)
    return folder / "files"


def load(folder, line):
    """Return the windows that `eegzoo train` would use."""
    values = collections.defaultdict(list)
    words = shlex.split(line)
    for name, value in zip(words[::2], words[1::2], strict=True):
        values[name.removeprefix("--")].append(value)
    raw = [folder / name for name in values["raw"]]
    annotations = [folder / name for name in values["annotations"]] or None
    seconds = {
        name: float(values[name][0]) for name in ("tmax", "window", "resample") if values[name]
    }
    types = values["types"] or None
    channels = ChannelOptions(
        None, None, types, (values["bads"] or ["interpolate"])[0], values["rename"] or None
    )
    tmax = seconds.get("tmax", 3.0)
    given = PreprocessingOptions(**{"tmax": 3.0, **seconds}).preprocessing(channels.chosen_types())
    of_epochs = epochs_preprocessing(raw, 0.0, tmax, given.types)
    return sources.load_windows(
        of_epochs or given, None, None, None, raw, values["event-id"] or None,
        annotations=annotations, source=event_source(), read=reader(None, "raise"),
        channels=channels,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "counts", "n_chans"),
    [
        (
            "--raw f01_two_blanks_pause_late_marker.vhdr --tmax 4",
            {"Stimulus/S  1": 3, "Stimulus/S  2": 4}, 8,
        ),
        ("--raw f03_stim_never_zero_raw.fif", {"1": 3, "2": 3, "3": 2}, 8),
        ("--raw l03_status_bits_raw.fif", {"1": 4, "2": 4}, 8),
        ("--raw f04_blocks_of_20_s.edf --window 4 --event-id rest=rest,task=task",
         {"rest": 10, "task": 10}, 8),
        ("--raw f05_edf_d_without_pause.edf", FOURS, 8),
        ("--raw f07_mains_2_mv.edf", FOURS, 8),
        ("--raw f07_offset_5_mv_and_drift.edf", FOURS, 8),
        ("--raw f08_latin_1.edf", {"Augen auf": 4, "Hände zu": 4}, 8),
        ("--raw f09_events_at_the_edges.edf", {"a": 5, "b": 4}, 8),
        ("--raw f10_rate_128_00002_raw.fif", FOURS, 8),
        ("--raw f11_names_numbered.edf --rename Ch1=Fp1,Ch2=Fp2", {"a": 1, "b": 2}, 8),
        ("--raw f12_boundary.set --tmax 4", {"a": 3, "b": 4}, 8),
        ("--raw f13_seeg_raw.fif --types seeg", FOURS, 8),
        ("--raw l10_ecog_raw.fif --types ecog", FOURS, 8),
        ("--raw f14_nan_within_bad_raw.fif", FOURS, 8),
        ("--raw f15_two_events_2_ms_apart_raw.fif --resample 128",
         {"a": 2, "b": 2, "button": 4}, 8),
        ("--raw l01_auxiliary_at_512_hz.edf", {"a": 2, "b": 2}, 8),
        ("--raw l02_hierarchical_events.edf --event-id left=left,right=right",
         {"left": 4, "right": 4}, 8),
        ("--raw l02_hierarchical_events.edf --event-id left=left/hit,left/miss,right=right/*",
         {"left": 4, "right": 4}, 8),
        ("--raw l05_epoched.set", FOURS, 8),
        ("--raw l05_epochs-epo.fif", FOURS, 8),
        ("--raw l08_bad_channel_raw.fif", FOURS, 8),
        ("--raw l08_bad_channel_raw.fif --bads drop", FOURS, 7),
        ("--raw l09_study_first.edf --raw l09_study_second.edf", {"a": 8, "b": 8}, 8),
        ("""--raw l11_comma_in_names.edf --event-id 'l="press, left",r="press, right"'""",
         {"l": 4, "r": 4}, 8),
        ("--raw x01_projection_not_applied-epo.fif", FOURS, 8),
        (f"--raw l01_polysomnography.edf {NIGHT}", STAGES, 2),
        (f"--raw l12_night_without_stages.edf --annotations l12_hypnogram.edf {NIGHT}", STAGES, 2),
        (f"--raw l12_night_without_stages.edf --annotations l12_hypnogram.csv {NIGHT}", STAGES, 2),
        (
            "--raw l12_night_without_stages.edf --annotations l12_hypnogram_one_a_line.txt "
            + NIGHT, STAGES, 2,
        ),
        (f"--raw l12_night_without_stages.edf --annotations l12_hypnogram_nsrr.xml {NIGHT}",
         STAGES, 2),
    ],
)  # fmt: skip
def test_the_windows_of_a_case(folder, line, counts, n_chans):
    dataset = load(folder, line)
    assert collections.Counter(dataset.labels.tolist()) == counts
    assert dataset.shape[1] == n_chans
    assert dataset.info.sfreq == pytest.approx(100 if n_chans == 2 else 128, rel=0.5)


@pytest.mark.parametrize("case", ["a2", "avg", "pol", "ref", "le", "upper", "dot", "colon", "m1"])
def test_names_are_those_of_electrodes(folder, case):
    from eegzoo.data.signal.channel_names import standard_name

    name = "eeg_a2" if case == "a2" else case
    dataset = load(folder, f"--raw f17_names_{name}.edf")
    assert [standard_name(each, "eeg") for each in dataset.info.ch_names] == CH17


def test_derivations_stay_derivations(folder):
    dataset = load(folder, "--raw f17_names_bipolar.edf")
    assert dataset.info.ch_names[0] == "Fp1-F7"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--raw f02_two_of_sixteen_thousandfold.edf", "channels C3, F8 are too large .* 0.001"),
        ("--raw f16_plain.mat", "not a recording unless its arrays are named"),
        ("--raw f16_no_records.edf", "an empty recording"),
        ("--raw f13_seeg_raw.fif", "expected EEG channels"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_cause(folder, line, message):
    with pytest.raises(ValueError, match=message):
        load(folder, line)


def test_times_after_a_pause_are_right(folder):
    raw = reader(None, "raise")(folder / "f05_edf_d_with_pause.edf")
    (pause,) = raw.annotations
    assert (pause["description"], pause["onset"], pause["duration"]) == ("BAD_ACQ_SKIP", 20, 10)
    assert raw.n_times / raw.info["sfreq"] == 50
