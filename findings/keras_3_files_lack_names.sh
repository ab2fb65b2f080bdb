#!/usr/bin/env bash
# Keras 3's .weights.h5 does not name its tensors, and a depthwise kernel has another name than in Keras 2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 h5py==3.16.0
cd "$folder"
KERAS_BACKEND=torch "$folder/venv/bin/python" -W ignore - <<'PY'
import h5py
import keras

inputs = keras.Input((4, 32, 1))
outputs = keras.layers.DepthwiseConv2D((4, 1), name="spatial")(inputs)
model = keras.Model(inputs, keras.layers.Dense(2, name="head")(keras.layers.Flatten()(outputs)))
model.save_weights("my.weights.h5")
with h5py.File("my.weights.h5") as file:
    stored = []
    file.visititems(lambda name, item: stored.append(name) if hasattr(item, "shape") else None)
print("keras 3.15.1: names in my.weights.h5")
print(" ", *stored)
print("expected: spatial/..., head/kernel, head/bias")
names = [f"{layer.name}.{weight.name}" for layer in model.layers for weight in layer.weights]
print("names in the model:", *names)
print("expected, as in Keras 2 and as of SeparableConv2D: spatial.depthwise_kernel")
named = any("spatial" in name or "kernel" in name for name in stored)
if named or "spatial.kernel" not in names:
    raise SystemExit("the behaviour has changed")
PY
