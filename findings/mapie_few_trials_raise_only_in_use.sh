#!/usr/bin/env bash
# MAPIE takes 19 calibration trials for sets at .95, which are enough, and refuses them when sets are asked for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mapie==1.6.0 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import mapie
import numpy as np
from mapie.classification import SplitConformalClassifier
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(0)


def draw(n):
    y = np.arange(n) % 2
    return rng.normal(size=(n, 2)) + 4 * np.column_stack([y, 1 - y]), y


print(f"mapie {mapie.__version__}: sets at .95 from 19 trials, and sets at .9 of easy trials")
classifier = LogisticRegression().fit(*draw(200))
few = SplitConformalClassifier(classifier, confidence_level=0.95, prefit=True)
few.conformalize(*draw(19))
print("  conformalize with 19 trials: no error")
try:
    few.predict_set(draw(5)[0])
    raise SystemExit("the behaviour has changed")
except ValueError as error:
    print(f"  predict_set: {' '.join(str(error).split())}")
print("expected: sets, since the 19th of 19 scores is the .95 quantile of 20; or an error before")
sets = SplitConformalClassifier(classifier, confidence_level=0.9, prefit=True)
sets.conformalize(*draw(200))
X, y = draw(2000)
found = sets.predict_set(X)[1][:, :, 0]
empty, accuracy = (~found.any(axis=1)).mean(), (classifier.predict(X) == y).mean()
print(f"  accuracy {accuracy:.3f}, sets without any label {empty:.3f}")
print("expected: sets of one label, which contain the true one more often than asked")
if empty == 0:
    raise SystemExit("the behaviour has changed")
PY
