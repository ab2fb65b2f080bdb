"""Models of the zoo in the classes of NeuralBench itself."""

import copy
import warnings
from types import SimpleNamespace

import pytest
import torch

from eegzoo.models import create_model
from eegzoo.weights.benchmarks.neuralbench import NeuralBenchModel
from eegzoo.weights.channels.contracts import channel_plan
from eegzoo.weights.channels.planned_model import planned_model

NAMES = ["C3", "Cz", "C4", "ECG"]

pytestmark = [
    pytest.mark.filterwarnings("ignore:channels are not used"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture
def labram():
    torch.manual_seed(0)
    return create_model(
        "labram", n_chans=2, n_times=400, n_outputs=5, sfreq=200, ch_names=["C3", "C4"],
        n_filters=4, depth=1, n_heads=2,
    ).eval()  # fmt: skip


@pytest.fixture(scope="module")
def neuralbench():
    """Return NeuralBench, which needs Python 3.12."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in ("evaluate", "external", "model_factory", "modules"):
            pytest.importorskip(f"neuralbench.{part}", reason="NeuralBench is not installed")
        return pytest.importorskip("neuralbench")


def test_features_are_those_of_the_planned_model(labram):
    bench = NeuralBenchModel(labram, sfreq=250).eval()
    x = torch.randn(2, 4, 750)
    own = planned_model(labram, channel_plan(labram, NAMES, 250, n_times=750), 2)
    with torch.no_grad():
        found = bench(x, ch_names=NAMES)
        torch.testing.assert_close(found, own.features(x).unsqueeze(1))
        assert torch.equal(bench(x), found)  # names of the windows before


def test_other_windows_keep_the_parameters(labram):
    bench = NeuralBenchModel(labram)
    before = {id(weight) for name, weight in labram.named_parameters() if "head" not in name}
    for names, n_times in ((["C3"], 400), (["Cz", "EEG C4"], 600), (["C3", "C4"], 400)):
        bench(torch.randn(1, len(names), n_times), ch_names=names)
        now = {id(weight) for name, weight in bench.named_parameters() if "head" not in name}
        assert now == before


def test_the_first_of_two_names_of_an_electrode_is_used(labram):
    bench = NeuralBenchModel(labram).eval()
    x = torch.randn(1, 3, 400)
    found = bench(x, ch_names=["T7", "T3", "C4"])
    torch.testing.assert_close(found, bench(x[:, [0, 2]], ch_names=["T7", "C4"]))


def test_a_model_by_name_is_built_for_the_first_windows():
    bench = NeuralBenchModel("shallow_convnet", sfreq=120)
    assert list(bench.parameters()) == []
    assert bench(torch.randn(2, 5, 240)).shape[:2] == (2, 1)
    assert bench.model.n_chans == 5


def test_mode_and_rate_are_kept(labram):
    bench = NeuralBenchModel(labram).train()
    bench(torch.randn(1, 1, 400), ch_names=["C3"])
    assert bench.model.training
    assert bench.overrides["data.neuro.frequency"] == 200
    assert NeuralBenchModel("labram").sfreq == 200


@pytest.mark.parametrize(
    ("model", "sfreq", "message"),
    [
        ("eegnet", None, "expected sfreq for eegnet, got None"),
        ("eegnet", -1, "expected sfreq"),
        (create_model("eegnet", n_chans=3, n_times=128, n_outputs=2, sfreq=128), 120,
         "expected sfreq=128, the rate of eegnet, got 120"),
    ],
)  # fmt: skip
def test_bad_rates_raise(model, sfreq, message):
    with pytest.raises(ValueError, match=message):
        NeuralBenchModel(model, sfreq)


def test_weights_that_do_not_suit_the_windows_raise():
    model = create_model("eegnet", n_chans=3, n_times=128, n_outputs=2, sfreq=128)
    bench = NeuralBenchModel(model)
    assert bench(torch.randn(2, 3, 128)).shape[:2] == (2, 1)
    with pytest.raises(ValueError, match="the weights of eegnet do not suit 5 channels and 128"):
        bench(torch.randn(2, 5, 128))


def loader_of(n_times=500):
    """Return a loader with one batch, as the models' factory of NeuralBench reads it."""
    batch = SimpleNamespace(
        data={
            "neuro": torch.randn(4, 4, n_times), "target": torch.zeros(4, 3),
            "subject_id": torch.zeros(4, dtype=torch.int64),
            "channel_positions": torch.rand(4, 4, 3),
        }
    )  # fmt: skip
    extractor = SimpleNamespace(frequency=250.0, _channels=dict.fromkeys(NAMES))

    class Loader(list):
        dataset = SimpleNamespace(extractors={"neuro": extractor, "target": None})

    return Loader([batch]), batch.data["neuro"]


def test_the_factory_puts_a_probe_on_the_features(neuralbench, labram, tmp_path, monkeypatch):
    import neuralbench.external
    from neuralbench.external import ExternalModel, save_instance
    from neuralbench.model_factory import build_brain_model
    from neuralbench.modules import DownstreamWrapper

    # Otherwise the code of eegzoo, if installed in place, is stored as well, which fails.
    installed = {"eegzoo": ["eegzoo"], "torch": ["torch"]}
    monkeypatch.setattr(
        neuralbench.external.importlib.metadata, "packages_distributions", lambda: installed
    )
    path, digest = save_instance(NeuralBenchModel(labram, sfreq=250), tmp_path)
    wrapper = DownstreamWrapper(aggregation="mean", probe_config="linear", layers_to_unfreeze=[])
    loader, x = loader_of()
    model, n_total, n_trainable, ch_names = build_brain_model(
        brain_model_config=ExternalModel(pickle_path=str(path), digest=digest),
        train_loader=loader,
        downstream_model_wrapper=wrapper, pretrained_weights_fname=None, loss=None,
        wandb_logger=None,
    )  # fmt: skip
    assert ch_names == NAMES
    assert n_trainable == 3 * (labram.num_features + 1) < n_total
    own = planned_model(labram, channel_plan(labram, NAMES, 250, n_times=500), 2)
    model.eval()
    with torch.no_grad():
        found = model(x, ch_names=NAMES, return_embedding=True)
        torch.testing.assert_close(found, own.features(x))


def test_lora_trains_the_transformer(neuralbench, labram):
    from neuralbench.modules import DownstreamWrapper, LoraConfig

    wrapper = DownstreamWrapper(
        aggregation="mean", probe_config="linear", lora_config=LoraConfig(r=2),
        lora_target_modules=["qkv", "out"],
    )  # fmt: skip
    _, x = loader_of()
    batch = {"x": x, "channel_positions": torch.rand(4, 4, 3), "ch_names": NAMES}
    model = wrapper.build(NeuralBenchModel(copy.deepcopy(labram), sfreq=250), batch, 3)
    model(**batch).sum().backward()
    trained = [name for name, weight in model.named_parameters() if weight.grad is not None]
    assert len(trained) == 2 * 2 + 2  # of two layers, and the probe


def test_check_model_finds_no_fault(neuralbench, labram):
    from neuralbench.evaluate import check_model

    bench = NeuralBenchModel(labram)
    table = check_model(bench, "eeg", "motor_imagery", overrides=bench.overrides)
    assert table["status"].eq("ok").all(), table["status"].tolist()
