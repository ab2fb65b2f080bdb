#!/usr/bin/env bash
# NeuroKit's eeg_power divides each channel's power by the channel's own peak, and its GFP takes the trigger channel for EEG.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check neurokit2==0.3.0 mne==1.13.2 numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import mne
import neurokit2 as nk
import numpy as np

mne.set_log_level("ERROR")
print(f"neurokit2 {nk.__version__}: eeg_power and eeg_gfp of MNE recordings")
rng = np.random.default_rng(0)
noise = rng.standard_normal(100 * 60) * 1e-5
alpha = 5e-5 * np.sin(2 * np.pi * 10 * np.arange(6000) / 100)
data = np.stack([noise, 10 * noise, noise + alpha])
raw = mne.io.RawArray(data, mne.create_info(["Pz", "ten times Pz", "Oz, with alpha"], 100, "eeg"))
power = nk.eeg_power(raw, frequency_band=["Alpha", "Beta"]).set_index("Channel")
for name, row in power.iterrows():
    print(f"  {name:15}: alpha {row['Alpha']:.3g}, beta {row['Beta']:.3g}")
alpha_power, beta_power = power["Alpha"], power["Beta"]
print("expected: a hundred times the power in 'ten times Pz', the beta of Pz and more alpha in Oz")

trigger = mne.io.RawArray((np.arange(6000) % 100 == 0)[None] * 5.0, mne.create_info(["STI"], 100, "stim"))
gfp = nk.eeg_gfp(raw.copy().add_channels([trigger]))
print(f"  largest global field power with a trigger channel of 5: {gfp.max():.3g} V; expected {data.std(axis=0).max():.2g} V")
changed = not np.isclose(alpha_power.iloc[0], alpha_power.iloc[1]) or alpha_power.iloc[2] > alpha_power.iloc[0]
changed |= beta_power.iloc[2] > beta_power.iloc[0] / 100 or gfp.max() < 1
if changed:
    raise SystemExit("the behaviour has changed")
PY
