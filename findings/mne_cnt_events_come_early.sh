#!/usr/bin/env bash
# MNE puts the events of Neuroscan's .cnt before their samples, by the header's size in large files.
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

n_chans, n_times, at = 66, 2000, 1000
start = 900 + 75 * n_chans  # of the samples, of four bytes each


def write(name, kind):
    """Write 66 channels at 1000 Hz, with a pulse and an event at sample 1000.

    A table of kind 2 holds the place of an event in bytes. Files above 1 GB have kind 3, which
    holds its sample (Neuroscan's own export, sccn/eeglab#9).
    """
    head = bytearray(start)
    head[:12] = b"Version 3.0\0"
    struct.pack_into("<10s12s", head, 225, b"01/02/20", b"22:00:00")
    struct.pack_into("<H", head, 370, n_chans)
    struct.pack_into("<H", head, 376, 1000)
    struct.pack_into("<i", head, 864, n_times)
    struct.pack_into("<i", head, 886, start + 4 * n_chans * n_times)
    for k in range(n_chans):
        struct.pack_into("<10s", head, 900 + 75 * k, f"E{k}".encode())
        struct.pack_into("<f", head, 900 + 75 * k + 59, 1.0)
        struct.pack_into("<f", head, 900 + 75 * k + 71, 204.8)
    samples = np.zeros((n_times, n_chans), "<i4")
    samples[at] = 50
    place = at if kind == 3 else start + 4 * n_chans * at
    event = struct.pack("<HBBi11x", 7, 0, 0, place)
    with open(name, "wb") as file:
        file.write(bytes(head) + samples.tobytes() + struct.pack("<Bii", kind, len(event), 0) + event)


print(f"mne {mne.__version__}: read_raw_cnt of 66 channels at 1000 Hz, with a pulse and an event at sample {at}")
for kind, early in ((2, 1), (3, 24)):
    write(f"{kind}.cnt", kind)
    raw = mne.io.read_raw_cnt(f"{kind}.cnt", verbose="ERROR")
    pulse = int(raw.get_data()[0].argmax())
    event = round(float(raw.annotations.onset[0]) * 1000)
    print(f"  table of kind {kind}: pulse at {pulse}, event at {event}, {pulse - event} ms early")
    if (pulse, event) != (at, at - early):
        raise SystemExit("the behaviour has changed")
print(f"expected: {at} for both, as EEGLAB and FieldTrip read them")
PY
