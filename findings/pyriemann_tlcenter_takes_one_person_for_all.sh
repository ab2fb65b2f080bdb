#!/usr/bin/env bash
# pyRiemann's TLCenter.transform centres everybody's matrices by the mean of the target domain.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyriemann==0.12 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from pyriemann.geometry.mean import mean_riemann
from pyriemann.transfer import TLCenter, encode_domains

print("pyriemann 0.12: TLCenter of two people, one with four times the amplitude of the other")
rng = np.random.default_rng(0)


def covariances(scale):
    x = scale * rng.normal(size=(4, 4)) @ rng.normal(size=(30, 4, 256))
    return x @ x.transpose(0, 2, 1) / 256


C = np.concatenate([covariances(5.0), covariances(20.0)])
people = np.repeat(["ann", "bob"], 30)
_, encoded = encode_domains(C, np.tile([0, 1], 30), people)


def shown(matrices):
    return np.linalg.eigvalsh(mean_riemann(matrices)).round(2).tolist()


for target in ("bob", ""):
    center = TLCenter(target_domain=target)
    print(f"  target_domain={target!r}")
    print(f"    ann's mean after fit_transform:  eigenvalues {shown(center.fit_transform(C, encoded)[:30])}")
    after = shown(center.transform(C[:30]))
    print(f"    ann's mean after transform:      eigenvalues {after}")
    if np.allclose(after, 1, atol=0.05):
        raise SystemExit("the behaviour has changed")
print("expected: the identity, as after fit_transform; transform takes no domains, and uses bob's mean for ann")
PY
