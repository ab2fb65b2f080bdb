#!/usr/bin/env bash
# mne-lsl hands out samples in the stream's own unit, although MNE's objects hold volts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne-lsl==1.14.0 mne==1.13.2
cd "$folder"
printf '[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\n[log]\nlevel = -3\n' > lsl.cfg
LSLAPICFG=$folder/lsl.cfg "$folder/venv/bin/python" - <<'PY'
import time

import numpy as np
from mne_lsl.lsl import StreamInfo, StreamOutlet
from mne_lsl.stream import StreamLSL

print("mne-lsl 1.14.0: StreamLSL of an outlet that declares microvolts and sends 50")
info = StreamInfo("amplifier", "eeg", 1, 100.0, "float64", "amplifier-1")
info.set_channel_names(["Cz"])
info.set_channel_types(["eeg"])
info.set_channel_units(["microvolts"])
outlet = StreamOutlet(info)
stream = StreamLSL(bufsize=1, name="amplifier").connect(acquisition_delay=0.02)
first, first_times = stream.get_data()
print(f"  buffer before any sample: {first[0, :3]} at times {first_times[:3]}")
for _ in range(50):
    outlet.push_chunk(np.full((2, 1), 50.0))
    time.sleep(0.02)
data, _ = stream.get_data()
print(f"  samples: {data[0, -1]}; the channel's unit_mul is {stream.info['chs'][0]['unit_mul']}")
stream.set_channel_units({"Cz": "millivolts"})
after, _ = stream.get_data()
print(f"  samples after set_channel_units({{'Cz': 'millivolts'}}): {after[0, -1]}")
stream.disconnect()
print("expected: 5e-05, as in every mne.io.Raw, or other numbers after another unit")
if data[0, -1] != 50.0 or after[0, -1] != 50.0 or first.any() or first_times.any():
    raise SystemExit("the behaviour has changed")
PY
