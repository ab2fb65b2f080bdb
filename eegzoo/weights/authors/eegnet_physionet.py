"""EEGNet on PhysioNet's EEGMMIDB, by Wang et al.: five folds each for two, three, four classes."""

from __future__ import annotations

from eegzoo.models.references import eegnet
from eegzoo.weights.authors.authors_file import AuthorsFile, authors_file
from eegzoo.weights.card import Metric, Origin, TrainingData, wilson

_CHANNELS = (
    "FC5 FC3 FC1 FCz FC2 FC4 FC6 C5 C3 C1 Cz C2 C4 C6 CP5 CP3 CP1 CPz CP2 CP4 CP6 Fp1 Fpz Fp2 AF7 "
    "AF3 AFz AF4 AF8 F7 F5 F3 F1 Fz F2 F4 F6 F8 FT7 FT8 T7 T8 T9 T10 TP7 TP8 P7 P5 P3 P1 Pz P2 P4 "
    "P6 P8 PO7 PO3 POz PO4 PO8 O1 Oz O2 Iz"
)
_LABELS = ("left_fist", "right_fist", "rest", "feet")
# Cross-validated accuracy by number of classes, from the paper.
_ACCURACY = {2: 0.824, 3: 0.751, 4: 0.651}
# The authors left out subjects whose recordings have other lengths or sampling rates.
_SUBJECTS = [number for number in range(1, 110) if number not in (88, 92, 100, 104)]
_SUBJECTS_PER_FOLD = 21
_TRIALS_PER_CLASS = 21
# SHA-256 by number of classes and fold.
_SHA256 = {
    2: [
        "8eca2da6aaadc24d8bbcaf0890b87841d34969eea5036099bedf1df8834bc997",
        "048ced5245313c080f35c9da1bd3f7f1ae0f811436487e9564699ac76e50ddbc",
        "3e6d47f9a848633fe374d0e6fe58c10b179204967d577b21e301d14b61a0e78e",
        "50c2c17a42116feede4cf1f49eff909d8e181e171bcf3a81bb934de6b2df7acb",
        "ff6d330ab0612e0e307dc62a3e01e4786aa65356b8ba18ea56401a7ee7f85993",
    ],
    3: [
        "6f3e9aa272d813c405565a783854b388ee0b26902689ea496c2f8bcf26a94e46",
        "d50e7231c2f7c8b5f7b440d2cf330c300c3be54c7ee960ed741b91dd62ff5132",
        "df05f41275ce864f5539c12b90acabc984aabdcb1d40eeba84a2ca994332a6a3",
        "c65c39fcf5e0b90b6e471784ef7efbf5455d2516a070ed848be635ebf73b63da",
        "938db2dab1697983fa9d2643e15ba86ce3d577664f8745837e410ec5be531144",
    ],
    4: [
        "c6e648b5a9acd42ece60fc63fdc550ae578e56349a1c33dfa1e7e8f7f2037027",
        "dbd8c4007d352c1ebdd750b6a9b38301550f2ccfabd6eab00460ddfe8b6bf1dc",
        "59fdfb275bf837aea4a22ad89fc477c48ca997e7d1c40f807079a38b13ef8781",
        "706d24276898d2e6b14d3eb2dd4478ec8d2bff8175117d60c6987e45b692ab46",
        "78b7a11d48d0d42e413255d9ff6deb31fc7ca63ac78d9c448364200c67751946",
    ],
}
_CITATION = (
    "Wang, Hersche, Tömekce, Kaya, Magno, Benini (2020), An accurate EEGNet-based motor-imagery "
    "brain-computer interface for low-power edge computing, MeMeA, "
    "https://doi.org/10.1109/MeMeA49120.2020.9137134; data: Schalk et al. (2004), "
    "https://doi.org/10.1109/TBME.2004.827072, Goldberger et al. (2000), "
    "https://doi.org/10.1161/01.CIR.101.23.e215"
)
_NOT_FOR = "medical decisions; untested for executed movements, other amplifiers, self-paced use"
_REST = "; pauses between movements (T0), because rest was learnt from run 1, with eyes open"


def _file(n_classes: int, fold: int) -> AuthorsFile:
    left_out = _SUBJECTS[fold * _SUBJECTS_PER_FOLD : (fold + 1) * _SUBJECTS_PER_FOLD]
    n_windows = n_classes * _TRIALS_PER_CLASS * len(_SUBJECTS)
    accuracy = _ACCURACY[n_classes]
    metrics = [
        Metric(
            "accuracy", accuracy, "five folds by subject, mean over folds, from the paper",
            len(_SUBJECTS), n_windows, wilson(accuracy, n_windows), "Wilson, over windows",
        )
    ]  # fmt: skip
    if (n_classes, fold) == (2, 0):
        metrics.append(Metric.share(43, 45, "EEGMMIDB S001, runs 4, 8, 12, measured here", 1))
    seen = tuple(f"eegbci/S{number:03d}" for number in _SUBJECTS if number not in left_out)
    file = f"global_class_{n_classes}_split_{fold}_v1.h5"
    return authors_file(
        file,
        eegnet.state_from,
        architecture="eegnet",
        ch_names=_CHANNELS.split(),
        n_times=480,
        sfreq=160.0,
        arguments={"kernel_length": 128, "pool_lengths": (8, 8), "drop_prob": 0.2},
        normalization="none",
        labels=_LABELS[:n_classes],
        training=TrainingData(
            "PhysioNet EEGMMIDB, imagined movements", len(seen), "ODC-By 1.0", _CITATION, seen
        ),
        split=f"fold {fold} of five by subject: S{left_out[0]:03d} to S{left_out[-1]:03d} left out",
        metrics=tuple(metrics),
        origin=Origin(
            licence="Apache-2.0",
            sha256=_SHA256[n_classes][fold],
            repository="MHersche/eegnet-based-embedded-bci",
            commit="f09050d076862fcfbb7f1285399ff890791b6b82",
            path=f"global_models/model/{file}",
        ),
        intended_use="imagined movement of fists or feet, and rest, in new subjects, 0 to 3 s from "
        "the cue; research",
        not_for=_NOT_FOR + (_REST if n_classes > 2 else ""),
        n_params={2: 2_866, 3: 2_979, 4: 3_092}[n_classes],
        amplitude=44.0,
    )


FILES = {
    f"eegnet.physionet_mi{n_classes}_fold{fold}": _file(n_classes, fold)
    for n_classes in (2, 3, 4)
    for fold in range(5)
}
