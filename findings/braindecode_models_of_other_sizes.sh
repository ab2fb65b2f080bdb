#!/usr/bin/env bash
# braindecode's SCCNet is not padded as in the paper, and its IFNet averages an eighth of any window.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check braindecode==1.8.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
from braindecode.models import IFNet, SCCNet

print("braindecode 1.8.1: features of SCCNet for the paper's 562 samples at 125 Hz")
model = SCCNet(n_chans=22, n_times=562, n_outputs=4, sfreq=125)
found = model.final_layer.in_features
print(f"  {found}; in the paper 840: six zeros on either side leave 42 averages, not 41")

print("braindecode 1.8.1: samples that IFNet averages for windows of 3 s and 12 s at 250 Hz")
lengths = []
for n_times in (750, 3000):
    model = IFNet(n_chans=22, n_times=n_times, n_outputs=4, sfreq=250)
    n_averages = model.final_layer.in_features // 64
    lengths.append(n_times / n_averages)
print(f"  {lengths}; in the authors' code 125 in both, half a second")
if (found, lengths) != (820, [93.75, 375.0]):
    raise SystemExit("the behaviour has changed")
PY
