#!/usr/bin/env bash
# A Hamming window in a network has other coefficients after torch's export to ONNX.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import onnxruntime
import torch

print(f"torch {torch.__version__}: x * torch.hamming_window(200), exported to ONNX")


class Tapered(torch.nn.Module):
    def forward(self, x):
        return x * torch.hamming_window(200)


x = torch.ones(1, 200)
program = torch.onnx.export(Tapered().eval(), (x,), dynamo=True, verbose=False)
session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
(found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
expected = Tapered()(x).numpy()
difference = float(abs(found - expected).max())
operators = [node.op_type for node in program.model_proto.graph.node]
print(f"  operators: {', '.join(operators)}")
print(f"  first sample: torch {expected[0, 0]:.4f} (0.08), onnxruntime {found[0, 0]:.4f} (4/46)")
print(f"  largest difference: {difference:.4f}")
if abs(difference - 0.0070) > 0.0005:
    raise SystemExit("the behaviour has changed")
print("expected: 0")
PY
