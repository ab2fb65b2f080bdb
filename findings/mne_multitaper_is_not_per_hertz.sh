#!/usr/bin/env bash
# MNE's multitaper spectrum, the default of epochs, is larger than the density that its plot names by the sampling rate.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 matplotlib==3.11.2
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import matplotlib

matplotlib.use("agg")
import mne
import numpy as np

mne.set_log_level("ERROR")
print(f"mne {mne.__version__}: compute_psd of a sine of 10 µV at 10 Hz, whose power is 50 µV²")
for sfreq in (100, 500):
    sine = 1e-5 * np.sin(2 * np.pi * 10 * np.arange(60 * sfreq) / sfreq)
    raw = mne.io.RawArray(sine[None], mne.create_info(["Cz"], sfreq, "eeg"))
    epochs = mne.make_fixed_length_epochs(raw, 2, preload=True)
    spectra = {
        "raw, by default": raw.compute_psd(n_fft=2 * sfreq),
        "epochs, by default": epochs.compute_psd(),
        "epochs, welch": epochs.compute_psd("welch", n_fft=2 * sfreq),
        "epochs, multitaper, full": epochs.compute_psd("multitaper", normalization="full"),
    }
    for name, spectrum in spectra.items():
        density, frequencies = spectrum.get_data(return_freqs=True)
        alpha = (frequencies >= 8) & (frequencies <= 12)
        density = density.reshape(-1, len(frequencies)).mean(axis=0)[alpha]
        power = density.sum() * (frequencies[1] - frequencies[0]) * 1e12
        print(f"  {sfreq} Hz, {name:24} ({spectrum.method}): 8 to 12 Hz have {power:,.1f} µV²")
        factor = sfreq if name == "epochs, by default" else 1
        if abs(power / (50 * factor) - 1) > 0.02:
            raise SystemExit("the behaviour has changed")
label = spectra["epochs, by default"].plot(show=False).axes[0].get_ylabel()
print(f"  the plot of the epochs' spectrum is labelled {label}")
print("expected: 50 µV² in each")
if "Hz" not in label:
    raise SystemExit("the behaviour has changed")
PY
