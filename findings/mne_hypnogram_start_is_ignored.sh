#!/usr/bin/env bash
# MNE leaves out the clock time at which an EDF+ hypnogram starts, so stages move by the difference.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 edfio==0.4.18
"$folder/venv/bin/python" - "$folder" <<'PY'
import datetime
import sys

import edfio
import mne
import numpy as np

folder = sys.argv[1]
print(f"mne {mne.__version__}: read_annotations of a hypnogram that starts 10 minutes before its recording")


def write(name, start, annotations):
    """Write an hour from the given clock time on."""
    signal = edfio.EdfSignal(np.sin(np.arange(3600 * 8)), 8, label="Cz", physical_range=(-2, 2))
    recording = edfio.Recording(startdate=start.date())
    edf = edfio.Edf(
        [signal], recording=recording, starttime=start.time(), annotations=annotations,
        data_record_duration=1,
    )
    edf.write(f"{folder}/{name}.edf")
    return f"{folder}/{name}.edf"


lights_off = datetime.datetime(2020, 1, 1, 22, 0, 0)
early = lights_off - datetime.timedelta(minutes=10)
psg = write("psg", lights_off, [])
hypnogram = write("hypnogram", early, [edfio.EdfAnnotation(1800, 30, "Sleep stage N2")])

raw = mne.io.read_raw_edf(psg, verbose="ERROR")
notes = mne.read_annotations(hypnogram)
raw.set_annotations(notes)
onset = raw.annotations.onset[0] - raw.first_time
print(f"  meas_date of the recording {raw.info['meas_date']:%H:%M}, orig_time of the annotations {notes.orig_time}")
print(f"  stage scored at {early + datetime.timedelta(seconds=1800):%H:%M} is placed at {lights_off + datetime.timedelta(seconds=onset):%H:%M}")
if notes.orig_time is not None or onset != 1800:
    raise SystemExit("the behaviour has changed")
print("expected: 22:20, 1200 s after the start of the recording")
PY
