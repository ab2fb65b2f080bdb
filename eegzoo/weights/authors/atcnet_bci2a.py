"""ATCNet on BCI Competition IV 2a, by Altaheri et al.: one model for each of two subjects."""

from __future__ import annotations

from eegzoo.models.references import atcnet
from eegzoo.weights.authors.authors_file import AuthorsFile, authors_file
from eegzoo.weights.card import Metric, Origin, TrainingData

_CHANNELS = "Fz FC3 FC1 FCz FC2 FC4 C5 C3 C1 Cz C2 C4 C6 CP3 CP1 CPz CP2 CP4 P1 Pz P2 POz"
_SHA256 = {
    1: "15a6a6cd7454d4d5b1b59adfe1d9636140fb0bd5a5e0f42adafadb4a36e9b1fd",
    2: "e9a26fca0e07a82b1374ffbdeedf3bf8d16ba67a39603d39160613a54590171d",
}
# Number of correct windows among the 58 on which the authors chose the epoch.
_N_RIGHT = {1: 49, 2: 45}
_CITATION = (
    "Altaheri, Muhammad, Alsulaiman (2023), Physics-informed attention temporal convolutional "
    "network for EEG-based motor imagery classification, IEEE Trans. Ind. Inform. 19, "
    "https://doi.org/10.1109/TII.2022.3197419; data: Tangermann et al. (2012), Review of the BCI "
    "competition IV, https://doi.org/10.3389/fnins.2012.00055"
)


def _file(subject: int) -> AuthorsFile:
    return authors_file(
        f"atcnet-subject-{subject}.h5",
        atcnet.state_from,
        architecture="atcnet",
        ch_names=_CHANNELS.split(),
        n_times=1125,
        sfreq=250.0,
        # The authors' window is 1.5 to 6 s from the start of a trial; the cue is at 2 s.
        tmin=-0.5,
        normalization="standardize",
        labels=("left_hand", "right_hand", "feet", "tongue"),
        training=TrainingData(
            "BCI Competition IV 2a", 1, "research use, as stated on its site", _CITATION,
            (f"bci2a/A{subject:02d}",),
        ),
        split=f"session 1 of subject {subject}; the epoch was chosen on a fifth of it",
        metrics=(
            Metric.share(
                _N_RIGHT[subject], 58, "the windows of session 1 on which the epoch was chosen, "
                "from the authors' log; optimistic", 1,
            ),
        ),
        origin=Origin(
            licence="Apache-2.0",
            sha256=_SHA256[subject],
            repository="Altaheri/EEG-ATCNet",
            commit="65162fb359ea46a2f62c885a9987247ab491ee7a",
            path=f"results/saved models/run-1/subject-{subject}.h5",
        ),
        intended_use=f"session 2 of subject {subject} of BCI Competition IV 2a",
        not_for="other subjects without fine-tuning; medical decisions",
        n_params=113_732,
    )  # fmt: skip


FILES = {f"atcnet.bci2a_s{subject}": _file(subject) for subject in _SHA256}
