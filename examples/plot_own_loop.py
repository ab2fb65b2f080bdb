"""
A training loop of your own
===========================

You know PyTorch and want EEG as tensors. A data set of windows goes into a data loader, a model of
the zoo is a module, and everything between them is yours.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.utils.data import DataLoader

import eegzoo
from eegzoo.data import Epoch, EpochsDataset, Filter, Preprocessing, Recording, fit_normalizer
from eegzoo.data import simulate_motor_imagery

# %%
# Windows
# -------
# Four people imagine to move the left or the right hand, 60 times each. ``EpochsDataset`` is a
# data set of torch: ``dataset[i]`` is a window, shape (n_chans, n_times), and a class. Split by
# people, not by windows: windows of one person resemble each other, as frames of one video do.
preprocessing = Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)])
SITES = ("C5", "C3", "C1", "Cz", "C2", "C4", "C6", "Pz")
people = [
    Recording(
        simulate_motor_imagery(60, ch_names=SITES, power_drop=0.95, random_state=seed), f"S{seed}"
    )
    for seed in range(4)
]
dataset = EpochsDataset.from_recordings(people, preprocessing)
is_new = dataset.groups("subject") == "S3"
train, test = dataset.subset(np.flatnonzero(~is_new)), dataset.subset(np.flatnonzero(is_new))
print(train)

# %%
# Scale
# -----
# Windows are in microvolts, about 10 in size, and models take them as they are. Normalised
# channels train faster; the statistics are those of the training windows.
normalizer = fit_normalizer(train.X, "whiten")
train, test = train.mapped(normalizer.transform), test.mapped(normalizer.transform)

# %%
# The loop
# --------
# Models return logits. ``sfreq`` is required, because papers give the lengths of filters in
# seconds. EEGNet's norm constraints need no callback: they hold whenever the model is used.
torch.manual_seed(0)
model = eegzoo.create_model(
    "eegnet", n_chans=len(SITES), n_times=dataset.X.shape[2], n_outputs=2, sfreq=128
)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
loader = DataLoader(train, batch_size=16, shuffle=True)
X, y = torch.from_numpy(test.X), torch.from_numpy(test.y)
losses, accuracies = [], []
for _ in range(15):
    model.train()
    for windows, classes in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(windows), classes)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.inference_mode():
        accuracies.append((model.eval()(X).argmax(1) == y).float().mean().item())

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.plot(losses)
left.set(xlabel="Step", ylabel="Training loss", title="Three people in the training")
right.plot(accuracies, marker="o")
right.axhline(0.5, color="k", linestyle="--", linewidth=1)
right.set(xlabel="Pass", ylabel="Accuracy (chance dashed)", ylim=(0, 1), title="A new person")
