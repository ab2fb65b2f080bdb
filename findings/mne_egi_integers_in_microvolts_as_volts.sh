#!/usr/bin/env bash
# MNE takes the microvolts of an EGI file with the converter's integers for volts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import struct

import mne
import numpy as np

# EGI's description of the format: bits and range 0 mean microvolts; otherwise the microvolts are
# range / 2 ** bits times the integers (quoted in fieldtrip/fieldtrip#438).
print(f"mne {mne.__version__}: read_raw_egi of a rhythm of 50 microvolts")
microvolts = 50 * np.sin(2 * np.pi * 10 * np.arange(1000) / 250)
found = []
for version, bits, span, kind in ((4, 0, 0, ">f4"), (2, 12, 400, ">i2")):
    head = struct.pack(">i6hi5hih", version, 2020, 1, 2, 22, 0, 0, 0, 250, 1, 1, bits, span, 1000, 1)
    steps = microvolts if not bits else np.round(microvolts * 2**bits / span)
    frames = np.stack([steps, np.zeros(1000)], axis=1).astype(kind)
    with open(f"{version}.raw", "wb") as file:
        file.write(head + b"stim" + frames.tobytes())
    peak = mne.io.read_raw_egi(f"{version}.raw", verbose="ERROR").get_data("E1").max()
    found.append(float(peak))
    print(f"  {'integers of 12 bits over 400 microvolts' if bits else 'microvolts as floats'}: largest value {peak:.3g} V")
print("expected: 5e-05 V in both")
if not (abs(found[0] - 5e-5) < 1e-6 and abs(found[1] - 50) < 1):
    raise SystemExit("the behaviour has changed")
PY
