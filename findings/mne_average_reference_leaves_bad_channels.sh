#!/usr/bin/env bash
# MNE's average reference leaves channels that are marked bad at their old reference.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PY'
import mne
import numpy as np

print(f"mne {mne.__version__}: raw.set_eeg_reference('average') with a bad channel")
names = ["Fz", "C3", "C4", "P3", "Pz", "P4", "Oz", "Cz"]
info = mne.create_info(names, 100.0, "eeg")
constants = np.repeat(np.arange(1.0, 9.0)[:, None], 100, axis=1)
raw = mne.io.RawArray(1e-6 * constants, info, verbose=False)
raw.info["bads"] = ["Cz"]
raw.set_eeg_reference("average", verbose=False)
found = dict(zip(names, (1e6 * raw.get_data()[:, 0]).round(6).tolist()))
print(f"  constants 1 to 8 microvolts, Cz (8) bad: {found}")
print("expected: Cz at 8 - 4 = 4, the reference of the other channels")
if found["Cz"] != 8.0 or found["Fz"] != -3.0:
    raise SystemExit("the behaviour has changed")
PY
