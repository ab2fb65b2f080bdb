"""Models of the zoo in the experiments of open-eeg-bench itself."""

import warnings

import mne
import numpy as np
import pytest
import torch

from eegzoo.models import create_model
from eegzoo.weights.benchmarks.open_eeg_bench import for_open_eeg_bench
from eegzoo.weights.channels.contracts import channel_plan
from eegzoo.weights.channels.planned_model import planned_model

NAMES = ["EEG C3", "EEG Cz", "EEG C4"]
SFREQ = 250.0

pytestmark = pytest.mark.filterwarnings("ignore")  # of the benchmark's own packages


@pytest.fixture(scope="module")
def bench():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("open_eeg_bench.experiment", reason="no open-eeg-bench")


@pytest.fixture(scope="module")
def labram():
    torch.manual_seed(0)
    return create_model(
        "labram", n_chans=2, n_times=400, n_outputs=5, sfreq=200, ch_names=["C3", "C4"],
        n_filters=4, depth=2, n_heads=2,
    ).eval()  # fmt: skip


def windows_of(n_times=500):
    """Return 60 windows in microvolts with a rhythm over one of two channels, and the channel."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 30)
    X = 10 * rng.standard_normal((60, 3, n_times))
    rhythm = 40 * np.sin(2 * np.pi * 10 * np.arange(n_times) / SFREQ)
    X[labels == 0, 0] += rhythm
    X[labels == 1, 2] += rhythm
    return X, labels


def dataset(monkeypatch):
    """Return a data set of open-eeg-bench whose recordings are simulated: three people."""
    import pandas as pd
    from braindecode.datasets import BaseConcatDataset, WindowsDataset
    from open_eeg_bench.dataset import Dataset, PredefinedSplitter

    X, labels = windows_of()

    def load(self):
        parts = []
        for person in range(3):
            rows = slice(20 * person, 20 * person + 20)
            table = pd.DataFrame(
                {"i_window_in_trial": 0, "i_start_in_trial": 0, "i_stop_in_trial": 500,
                 "target": labels[rows]}
            )  # fmt: skip
            info = mne.create_info(NAMES, SFREQ, "eeg")
            epochs = mne.EpochsArray(1e-6 * X[rows], info, metadata=table, verbose=False)
            # The windows of open-eeg-bench are in microvolts, whatever the file says.
            epochs._data *= 1e6
            parts.append(WindowsDataset(epochs, description=pd.Series({"subject": person})))
        return BaseConcatDataset(parts)

    monkeypatch.setattr(Dataset, "load", load)
    splitter = PredefinedSplitter(
        metadata_key="subject", train_values=[0], val_values=[1], test_values=[2]
    )
    return Dataset(hf_id="eegzoo/simulated", revision="0", n_classes=2, splitter=splitter)


def backbone(model, tmp_path, **changes):
    from open_eeg_bench.backbone import PretrainedBackbone

    arguments = for_open_eeg_bench(model, tmp_path / "model.pt")
    return PretrainedBackbone(**{**arguments, **changes})


def test_the_benchmark_gets_the_features_of_the_trained_model(bench, labram, tmp_path):
    info = mne.create_info(NAMES, SFREQ, "eeg")
    built = backbone(labram, tmp_path).build(3, 500, 2, SFREQ, info["chs"]).eval()
    own = planned_model(labram, channel_plan(labram, NAMES, SFREQ, n_times=500), 2)
    x = torch.tensor(windows_of()[0][:4], dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(built.features(x), own.features(x))


def test_an_experiment_with_a_ridge_probe_tells_rhythms_apart(bench, tmp_path, monkeypatch):
    from open_eeg_bench.head import FlattenHead
    from open_eeg_bench.training import RidgeProbingTraining

    torch.manual_seed(0)
    model = create_model(
        "cbramod", n_chans=2, n_times=600, n_outputs=5, sfreq=200, n_filters=5, depth=1, n_heads=2
    )
    experiment = bench.Experiment(
        backbone=backbone(model, tmp_path), dataset=dataset(monkeypatch), head=FlattenHead(),
        training=RidgeProbingTraining(), verbose=0,
    )  # fmt: skip
    assert experiment.run()["test_balanced_accuracy"] > 0.8


@pytest.mark.parametrize("kind", ["LoRA", "IA3"])
def test_adapters_reach_the_transformer(bench, labram, tmp_path, kind):
    import open_eeg_bench.finetuning as kinds

    settings = backbone(labram, tmp_path)
    info = mne.create_info(NAMES, SFREQ, "eeg")
    model, found = getattr(kinds, kind)().apply(
        settings.build(3, 500, 2, SFREQ, info["chs"]), settings
    )
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert sum("transformer" in name for name in trained) >= 2 * 4
    assert any(".head." in name for name in trained)
    assert found["trainable_params"] < found["total_params"]


def test_a_compact_model_is_trained_from_new_weights(bench, tmp_path, monkeypatch):
    from open_eeg_bench.backbone import ScratchBackbone
    from open_eeg_bench.finetuning import FullFinetune
    from open_eeg_bench.head import OriginalHead
    from open_eeg_bench.training import Checkpoint, Training

    monkeypatch.chdir(tmp_path)  # its checkpoints lie in the working directory
    scratch = ScratchBackbone(
        model_cls="eegzoo.weights.benchmarks.open_eeg_bench.build_model",
        model_kwargs={"name": "shallow_convnet"}, head_module_name="head",
    )  # fmt: skip
    training = Training(max_epochs=8, lr=1e-3, batch_size=10, checkpoint=Checkpoint(enabled=False))
    experiment = bench.Experiment(
        backbone=scratch, dataset=dataset(monkeypatch), head=OriginalHead(),
        finetuning=FullFinetune(), training=training, verbose=0,
    )  # fmt: skip
    assert experiment.run()["test_balanced_accuracy"] > 0.8


def test_weights_of_other_channels_are_refused(bench, tmp_path):
    model = create_model(
        "eegnet", n_chans=3, n_times=500, n_outputs=2, sfreq=SFREQ, ch_names=["C3", "Cz", "C4"]
    )
    info = mne.create_info(NAMES[::-1], SFREQ, "eeg")
    with pytest.raises(ValueError, match="expected the channels C3, Cz, C4"):
        backbone(model, tmp_path).build(3, 500, 2, SFREQ, info["chs"])


def test_the_file_needs_no_pickle_of_classes(labram, tmp_path):
    for_open_eeg_bench(labram, tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    plain = {name for name in state if not name.startswith("backbone.")}
    assert plain == {name for name in labram.state_dict() if not name.startswith("head.")}
    assert {f"backbone.{name}" for name in plain} == state.keys() - plain
