"""RobustSleepNet on seven sets of nights, each left out of the training of one network."""

from __future__ import annotations

from typing import NamedTuple

from eegzoo.models.references import robustsleepnet
from eegzoo.weights.authors.authors_file import AuthorsFile, authors_file
from eegzoo.weights.authors.torch_file import read_tar_state
from eegzoo.weights.card import Metric, Origin, TrainingData

STAGES = ("W", "N1", "N2", "N3", "R")


class _Network(NamedTuple):
    folder: str  # in the authors' repository
    sha256: str
    left_out: str  # the data set that was not in the training
    n_training: int  # recordings, without those for early stopping
    n_test: int
    accuracy: float  # on the data set that was left out, from the authors' description.json
    kappa: float
    n_right: int  # of 480 windows of DREAMS, measured here


_NETWORKS = {
    "mass": _Network(
        "415fe39c-0729-41b6-bf8a-a04570042f5c",
        "e92df6faeb56fe36367918a1330a2edb648aa0ad8cbac7d67a59b02f941d4189",
        "MASS", 719, 112, 0.823, 0.748, 359,
    ),
    "dodh": _Network(
        "fdbd193a-0408-4fc8-9a6a-a18351459512",
        "07ed101eb18e0bff0d72f5f547e261edc5cc4bf7c7de41fe1d5d7f9d96c4a9f7",
        "DODH", 780, 25, 0.889, 0.835, 358,
    ),
    "mesa": _Network(
        "e5844e92-6b9b-4033-8362-2f139c7bab0e",
        "97d86e0c2c1dd6628205a5ea5727800124b9bb60d3978acf8e87d702f491c3b1",
        "MESA", 622, 2053, 0.837, 0.759, 373,
    ),
    "dodo": _Network(
        "a2eb4aed-90de-4968-8535-a424588c0dfa",
        "e79d91595e25feece64348a1e3ca537529e0a3a28a5eaecfacfdb5ed68a13eb0",
        "DODO", 758, 56, 0.847, 0.774, 367,
    ),
    "sleep_edf": _Network(
        "0dfcee73-055a-4c4d-929c-8fdf630e14f1",
        "f25df5e1efc3c43ef1d487f03b3430ef691070bb58fca78b560150e23f63fe0a",
        "Sleep-EDF", 659, 197, 0.829, 0.756, 357,
    ),
    "shhs": _Network(
        "8f1969fa-0f79-426e-aaa5-7ab3a076a215",
        "5326139c6d03a5c3e1bfc6f508975ae1904e9456df8a808fcd23611c9a786586",
        "SHHS", 622, 2651, 0.848, 0.783, 367,
    ),
    "mros": _Network(
        "be685bd5-eaab-4c22-b2e6-c487ecc8773c",
        "ba5c89d648257526f6f80cdc0f7bee00964bb02c9e3a0355f2ebefac683620e1",
        "MrOS", 622, 586, 0.849, 0.754, 357,
    ),
}  # fmt: skip
_CITATION = (
    "Guillot and Thorey (2021), RobustSleepNet: transfer learning for automated sleep staging at "
    "scale, IEEE Trans. Neural Syst. Rehabil. Eng. 29, https://doi.org/10.1109/TNSRE.2021.3098968"
)


def _file(tag: str) -> AuthorsFile:
    network = _NETWORKS[tag]
    others = [each.left_out for each in _NETWORKS.values() if each is not network]
    return authors_file(
        f"robustsleepnet-{tag}.tar",
        robustsleepnet.state_from,
        read_tar_state,
        architecture="robustsleepnet",
        ch_names=("C4-M1",),
        n_times=1800,
        sfreq=60.0,
        steps=[
            {"step": "filter", "l_freq": 0.2, "h_freq": 29.9, "method": "iir"},
            {"step": "resample", "sfreq": 60.0},
        ],
        # The authors scale each recording by its own quartiles, so it is fitted on the recording.
        normalization="standardize",
        labels=STAGES,
        training=TrainingData(
            ", ".join(others), network.n_training, "see the terms of each set", _CITATION
        ),
        split=f"trained on recordings of other sets; on {network.left_out}, which was left out, "
        f"the authors report accuracy {network.accuracy:.3f} and kappa {network.kappa:.3f}, means "
        f"over {network.n_test} recordings",
        metrics=(
            Metric.share(
                network.n_right, 480, "DREAMS spindles, one central channel, by "
                "eegzoo.sleep.load_stager, measured here; never trained on", n_subjects=8,
            ),
        ),
        origin=Origin(
            licence="MIT",
            sha256=network.sha256,
            repository="Dreem-Organization/RobustSleepNet",
            commit="c8ff3f6f857299eb2bf2e9400483084d5ecd4106",
            path=f"pretrained_model/{network.folder}/best_model.gz",
        ),
        intended_use="sleep staging of adults' nights, from any EEG and EOG channels, with "
        "eegzoo.sleep, which repeats the authors' signal processing; starting point for "
        "fine-tuning; research",
        not_for="medical decisions; windows out of their night, whose spectra cannot be "
        "standardised",
        n_params=180_343,
    )  # fmt: skip


FILES = {f"robustsleepnet.{tag}": _file(tag) for tag in _NETWORKS}
