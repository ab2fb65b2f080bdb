#!/usr/bin/env bash
# pyxdf's default dejittering spreads samples evenly over a hole of less than a second.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyxdf==1.17.5 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import struct

import numpy as np
import pyxdf

print("pyxdf 1.17.5: load_xdf of a stream at 250 Hz in which samples of .8 s were lost")


def chunk(tag, content):
    length = len(content) + 2
    return struct.pack("<BIH", 4, length, tag) + content


rate, n = 250, 1000
stamps = np.arange(n) / rate
stamps[n // 2 :] += 0.8  # the hole
header = f"<?xml version='1.0'?><info><name>EEG</name><type>EEG</type><channel_count>1</channel_count><nominal_srate>{rate}</nominal_srate><channel_format>float32</channel_format></info>"
footer = f"<?xml version='1.0'?><info><first_timestamp>0</first_timestamp><last_timestamp>{stamps[-1]}</last_timestamp><sample_count>{n}</sample_count></info>"
samples = b"".join(struct.pack("<Bdf", 8, stamp, k) for k, stamp in enumerate(stamps))
stream = struct.pack("<I", 1)
content = b"XDF:" + chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>")
content += chunk(2, stream + header.encode())
content += chunk(3, stream + struct.pack("<BI", 4, n) + samples)
content += chunk(6, stream + footer.encode())
open("hole.xdf", "wb").write(content)
found = pyxdf.load_xdf("hole.xdf")[0][0]["time_stamps"]
raw = pyxdf.load_xdf("hole.xdf", dejitter_timestamps=False)[0][0]["time_stamps"]
print(f"  stamps around the hole: {found[n // 2 - 1]:.3f} and {found[n // 2]:.3f} s; in the file {raw[n // 2 - 1]:.3f} and {raw[n // 2]:.3f} s")
off = np.abs(found - raw).max()
print(f"  largest shift of a sample: {off:.3f} s")
print("expected: less than a sample (.004 s), and the hole where it was")
if off < 0.1:
    raise SystemExit("the behaviour has changed")
PY
