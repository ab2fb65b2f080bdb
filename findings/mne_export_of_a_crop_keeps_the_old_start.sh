#!/usr/bin/env bash
# A recording cropped in MNE is exported with the start of the uncropped one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 edfio==0.4.18 pybv==0.8.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import datetime

import mne
import numpy as np

mne.set_log_level("ERROR")
print(f"mne {mne.__version__}: a recording from 22:00, cropped to what follows 23:00, exported and read")
evening = datetime.datetime(2020, 1, 1, 22, tzinfo=datetime.timezone.utc)
raw = mne.io.RawArray(np.zeros((1, 64 * 5400)), mne.create_info(["Cz"], 64, "eeg"))
raw.set_meas_date(evening)
raw.set_annotations(mne.Annotations(4500, 0, "lights out", orig_time=evening))  # 23:15
raw.crop(3600)
first = raw.info["meas_date"] + datetime.timedelta(seconds=raw.first_time)
print(f"  in memory: first sample {first:%H:%M}, lights out {raw.annotations[0]['onset'] / 60:g} min after 22:00")
for ending in ("edf", "bdf", "vhdr"):
    mne.export.export_raw(f"night.{ending}", raw)
    found = mne.io.read_raw(f"night.{ending}")
    start = found.info["meas_date"] + datetime.timedelta(seconds=found.first_time)
    lights = start + datetime.timedelta(seconds=float(found.annotations.onset[0]))
    print(f"  {ending:4}: first sample {start:%H:%M}, lights out {lights:%H:%M}")
    if (f"{start:%H:%M}", f"{lights:%H:%M}") != ("22:00", "22:15"):
        raise SystemExit("the behaviour has changed")
print("expected: 23:00 and 23:15, as in memory")
PY
