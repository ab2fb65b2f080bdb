#!/usr/bin/env bash
# The start of a Neuroscan or EGI file in MNE depends on the time zone of the computer that reads it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 edfio==0.4.18 pybv==0.8.1
cd "$folder"
cat > read.py <<'PY'
import datetime
import struct

import mne
import numpy as np

mne.set_log_level("ERROR")
night = datetime.datetime(2020, 1, 2, 22, tzinfo=datetime.timezone.utc)
raw = mne.io.RawArray(np.zeros((1, 1000)), mne.create_info(["Cz"], 100, "eeg")).set_meas_date(night)
for ending in ("edf", "vhdr"):
    mne.export.export_raw(f"night.{ending}", raw, overwrite=True)
head = bytearray(975)
head[:12] = b"Version 3.0\0"
struct.pack_into("<10s12s", head, 225, b"01/02/20", b"22:00:00")
for place, value in ((370, 1), (376, 100)):
    struct.pack_into("<H", head, place, value)
for place, value in ((864, 1000), (886, 975 + 2000)):
    struct.pack_into("<i", head, place, value)
head[900:902] = b"Cz"
for place, value in ((959, 1.0), (971, 204.8)):
    struct.pack_into("<f", head, place, value)
open("night.cnt", "wb").write(bytes(head) + bytes(2000) + struct.pack("<Bii", 1, 0, 0))
head = struct.pack(">i6hi5hih", 4, 2020, 1, 2, 22, 0, 0, 0, 100, 1, 1, 0, 0, 1000, 1)
open("night.raw", "wb").write(head + b"stim" + bytes(1000 * 2 * 4))
readers = {"edf": mne.io.read_raw_edf, "vhdr": mne.io.read_raw_brainvision}
readers |= {"cnt": mne.io.read_raw_cnt, "raw": mne.io.read_raw_egi}
print(*(f"{readers[name](f'night.{name}').info['meas_date']:%H:%M}" for name in readers))
PY
echo "mne 1.13.2: meas_date of recordings from 22:00, in EDF, BrainVision, Neuroscan .cnt, EGI .raw"
for zone in UTC America/New_York Asia/Tokyo; do
    found=$(TZ=$zone "$folder/venv/bin/python" -W ignore read.py)
    echo "  read in $zone: $found"
    case "$zone $found" in
        "UTC 22:00 22:00 22:00 22:00" | "America/New_York 22:00 22:00 03:00 03:00" | "Asia/Tokyo 22:00 22:00 13:00 13:00") ;;
        *) echo "the behaviour has changed"; exit 1 ;;
    esac
done
echo "expected: 22:00 in any zone, the time in the file, as for EDF and BrainVision"
