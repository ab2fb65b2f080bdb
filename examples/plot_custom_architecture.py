"""
An architecture of your own
===========================

A subclass of ``EEGModel`` gets what the models of the zoo have: saving, fine-tuning, the
estimators, the command line, and the suite of checks that every one of them passes.
"""

import matplotlib.pyplot as plt
import mne
import torch

import eegzoo
from eegzoo.data import simulate_motor_imagery
from eegzoo.layers import ConstrainedConv1d
from eegzoo.models import EEGModel, register_model
from eegzoo.testing import check_model
from eegzoo.training import EEGClassifier

# %%
# The class
# ---------
# A model maps windows, shape (batch, n_chans, n_times), to logits, shape (batch, n_outputs). You
# write ``features``; ``make_head`` adds the last layer. The first layer mixes the channels, which
# is what a spatial filter does; the second one filters in time, and the logarithm of the power is
# the feature.


@register_model("log_power_net")
class LogPowerNet(EEGModel):
    def __init__(self, n_chans, n_times, n_outputs, sfreq, *, n_filters=8, kernel_seconds=0.25):
        super().__init__(n_chans, n_times, n_outputs, sfreq)
        self.set_arguments(n_filters=n_filters, kernel_seconds=kernel_seconds)
        self.spatial = ConstrainedConv1d(n_chans, n_filters, 1, bias=False, max_norm=1.0)
        length = 2 * round(kernel_seconds * sfreq / 2) + 1
        self.temporal = torch.nn.Conv1d(
            n_filters, n_filters, length, padding="same", groups=n_filters
        )
        self.num_features = n_filters
        self.head = self.make_head(n_outputs)

    def features(self, x):
        return self.temporal(self.spatial(x)).square().mean(dim=2).add(1e-6).log()


# %%
# The checks
# ----------
# ``check_model`` tests shapes, gradients, saving, copying, constraints and more, and raises an
# error that says what is wrong. Exports are left out here, because they take a while.
check_model("log_power_net", n_times=64, lr=0.05, skip=["check_copies", "check_onnx_model"])
print(eegzoo.create_model("log_power_net", n_chans=8, n_times=256, n_outputs=2, sfreq=128))

# %%
# Training
# --------
raw = simulate_motor_imagery(n_trials=100, power_drop=0.95, random_state=0)
raw.filter(6, 30, verbose=False)
epochs = mne.Epochs(raw, tmin=0.5, tmax=3.5, baseline=None, preload=True, verbose=False)
classifier = EEGClassifier("log_power_net", max_epochs=40, random_state=0).fit(epochs[:60])
print(f"accuracy on new trials: {classifier.score(epochs[60:]):.2f}")

# %%
# The temporal filters can be read: each one passes the frequencies that it amplifies.
kernels = classifier.model_.temporal.weight.detach()[:, 0]
gains = torch.fft.rfft(kernels, 256).abs()
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(torch.fft.rfftfreq(256, 1 / 128), (gains / gains.amax(1, keepdim=True)).T, alpha=0.7)
axes.set(xlim=(0, 40), xlabel="Frequency (Hz)", ylabel="Gain (largest = 1)")
axes.set_title("Temporal filters after training")
