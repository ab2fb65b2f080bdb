"""
An evaluation in MOABB (needs a download)
=========================================

MOABB is a benchmark of data sets and protocols for brain-computer interfaces. It evaluates
estimators of scikit-learn, and so also ours, beside the methods of others in the same folds. This
example downloads about 15 MB of PhysioNet's EEG Motor Movement/Imagery data set (ODC-By 1.0;
Schalk et al. 2004, https://doi.org/10.13026/C28G6P) into MNE's data folder, and needs the extra
``moabb``: ``pip install 'eegzoo[moabb]'``.
"""

import tempfile

import matplotlib.pyplot as plt
import mne
from mne.decoding import CSP
from moabb.datasets import PhysionetMI
from moabb.evaluations import WithinSessionEvaluation
from moabb.paradigms import LeftRightImagery
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from eegzoo.training import EEGClassifier

mne.set_log_level("WARNING")

# %%
# Data and paradigm
# -----------------
# One person imagines to close the left or the right fist, 45 times. The paradigm filters, cuts the
# trials and returns microvolts. MOABB's arrays do not say their sampling rate, so that it is given
# to both.
dataset = PhysionetMI()
dataset.subject_list = dataset.subject_list[:1]
paradigm = LeftRightImagery(fmin=7, fmax=35, resample=128)

# %%
# Two pipelines
# -------------
# CSP with linear discriminant analysis is the classical method for imagined movements.
pipelines = {
    "ShallowConvNet": EEGClassifier("shallow_convnet", sfreq=128, max_epochs=20, random_state=0),
    "CSP + LDA": make_pipeline(CSP(n_components=6), LinearDiscriminantAnalysis()),
}

# %%
# Five folds
# ----------
# MOABB scores two classes by the area under the ROC curve; guessing reaches one half. A column of
# the table is a fold's mean of one subject and session: publish all subjects.
evaluation = WithinSessionEvaluation(
    paradigm=paradigm, datasets=[dataset], random_state=0, overwrite=True,
    hdf5_path=tempfile.mkdtemp(), suffix="gallery",
)  # fmt: skip
results = evaluation.process(pipelines)
print(results[["subject", "session", "pipeline", "score"]])

figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
means = results.groupby("pipeline")["score"].mean()
axes.bar(means.index, means)
axes.axhline(0.5, color="k", linestyle="--", linewidth=1)
axes.set(ylim=(0, 1), ylabel="Area under the ROC curve (chance dashed)", xlabel="Pipeline")
axes.set_title("Left or right fist, one person, five folds")
