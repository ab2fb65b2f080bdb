#!/usr/bin/env bash
# Neo gives the events of BrainVision files, which count from 1, one sample late.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check neo==0.14.6 mne==1.13.2 numpy==2.4.6 scipy==1.17.1 pybv==0.8.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import mne
import numpy as np
import pybv
from neo.rawio import BrainVisionRawIO

print(f"neo {version('neo')}: BrainVisionRawIO of a recording at 100 Hz with a pulse and an event at 5.00 s")
data = np.zeros((1, 1000))
data[0, 500] = 5e-5
pybv.write_brainvision(
    data=data, sfreq=100, ch_names=["Cz"], fname_base="r", folder_out=".", events=np.array([[500, 1]])
)
reader = BrainVisionRawIO("r.vhdr")
reader.parse_header()
pulse = int(reader.get_analogsignal_chunk(stream_index=0)[:, 0].argmax()) / 100
stamps, _, _ = reader.get_event_timestamps(0, 0, 0)
found = float(reader.rescale_event_timestamp(stamps, "float64", 0)[0])
mne_found = float(mne.io.read_raw_brainvision("r.vhdr", verbose="ERROR").annotations.onset[0])
print(f"  pulse at {pulse:.2f} s, event at {found:.2f} s (MNE {mne.__version__}: {mne_found:.2f} s)")
print("expected: 5.00 s")
if (pulse, found, mne_found) != (5.0, 5.01, 5.0):
    raise SystemExit("the behaviour has changed")
PY
