"""EEGSym on five sets of imagined hand movements, by Pérez-Velasco et al."""

from __future__ import annotations

from eegzoo.models.references import eegsym
from eegzoo.weights.authors.authors_file import AuthorsFile, authors_file
from eegzoo.weights.card import Metric, Origin, TrainingData

_CHANNELS = {
    8: "F3 C3 P3 Cz Pz F4 C4 P4",
    16: "F7 F3 T7 C3 P7 P3 O1 Cz Pz F8 F4 T8 C4 P8 P4 O2",
}
_SHA256 = {
    8: "f60ddd220cf48dd18dd9706c5389c70a244fe878610021c2ed97d40105145b2b",
    16: "d7512e0a61ccd6c93a9b75956a9e6544469e2eaddcca1dc942a0a64f85671f4b",
}
_N_PARAMS = {8: 142_784, 16: 160_496}
# Number of correct trials among 45 of EEGMMIDB's S001, runs 4, 8, 12.
_N_RIGHT = {8: 41, 16: 42}
_PROTOCOL = (
    "EEGMMIDB S001, runs 4, 8, 12, measured here; the authors also trained on EEGMMIDB, and may "
    "have used S001"
)
_CITATION = (
    "Pérez-Velasco, Santamaría-Vázquez, Martínez-Cagigal, Marcos-Martínez, Hornero (2022), EEGSym: "
    "overcoming inter-subject variability in motor imagery based BCIs with deep learning, IEEE "
    "Trans. Neural Syst. Rehabil. Eng. 30, https://doi.org/10.1109/TNSRE.2022.3186442"
)


def _file(n_chans: int) -> AuthorsFile:
    file = f"EEGSym_pretrained_weights_{n_chans}_electrode.h5"
    channels = tuple(_CHANNELS[n_chans].split())
    return authors_file(
        file,
        eegsym.state_from,
        architecture="eegsym",
        ch_names=channels,
        n_times=384,
        sfreq=128.0,
        steps=[
            {"step": "pick", "ch_names": channels},
            {"step": "reference", "channels": "average"},
            {"step": "resample", "sfreq": 128.0},
        ],
        normalization="window",
        labels=("left_fist", "right_fist"),
        training=TrainingData(
            "EEGMMIDB, OpenBMI, Kaya 2018, Meng 2019, Stieger 2021", 280,
            "open; ODC-By 1.0 for EEGMMIDB, see their articles for the others", _CITATION,
        ),
        split="trained on all 280 subjects; the paper leaves out one subject at a time",
        metrics=(Metric.share(_N_RIGHT[n_chans], 45, _PROTOCOL, n_subjects=1),),
        origin=Origin(
            licence="MIT",
            sha256=_SHA256[n_chans],
            repository="Serpeve/EEGSym",
            commit="26a19bf26b9665e6590acc3d4e67eec04a47b415",
            path=file,
        ),
        intended_use="imagined movement of the left or the right hand, 0 to 3 s from the cue; "
        "starting point for fine-tuning; research",
        not_for="medical decisions; other movements",
        n_params=_N_PARAMS[n_chans],
    )  # fmt: skip


FILES = {f"eegsym.mi_{n_chans}": _file(n_chans) for n_chans in _CHANNELS}
