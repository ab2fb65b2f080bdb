#!/usr/bin/env bash
# Setting a recording's annotations to what they are moves its events, if it was cropped and has no date.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import datetime

import mne
import numpy as np

mne.set_log_level("ERROR")
print(f"mne {mne.__version__}: a flash at 10 s, the first 2 s cropped, a bad stretch added to the annotations")
places = {}
for date in (None, datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)):
    data = np.zeros((1, 3000))
    data[0, 1000] = 1e-4
    raw = mne.io.RawArray(data, mne.create_info(["Oz"], 100, "eeg")).set_meas_date(date)
    raw.set_annotations(mne.Annotations(10, 0, "flash")).crop(2)
    bad = mne.Annotations(25 if date is None else 27, 1, "BAD_move", orig_time=raw.annotations.orig_time)
    raw.set_annotations(raw.annotations + bad)
    events, _ = mne.events_from_annotations(raw, regexp="flash")
    response = mne.Epochs(raw, events, tmin=-3, tmax=3, baseline=None).get_data()[0, 0]
    places[date] = response.argmax() / 100 - 3
    print(f"  {'no date' if date is None else 'a date '}: the response to the flash is at {places[date]:+.2f} s")
print("expected: +0.00 s")
if [round(place, 2) for place in places.values()] != [-2.0, 0.0]:
    raise SystemExit("the behaviour has changed")
PY
