#!/usr/bin/env bash
# crepes gives the same trial other sets of labels in every call, and sets without any label.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check crepes==0.9.1 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import crepes
import numpy as np
from crepes import WrapClassifier
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(0)


def draw(n, distance):
    y = np.arange(n) % 2
    return rng.normal(size=(n, 2)) + distance * np.column_stack([y, 1 - y]), y


def twice(distance, n_calibration):
    classifier = WrapClassifier(LogisticRegression().fit(*draw(200, distance)))
    classifier.calibrate(*draw(n_calibration, distance))
    X, _ = draw(2000, distance)
    one, other = (classifier.predict_set(X, confidence=0.9) for _ in range(2))
    differ = np.mean([list(a) != list(b) for a, b in zip(one, other)])
    empty = np.mean([len(labels) == 0 for labels in one])
    print(f"  other sets in the second call: {differ:.3f} of them; without any label: {empty:.3f}")
    return classifier, X, differ, empty


print(f"crepes {crepes.__version__}: predict_set of 2000 trials at .9, twice")
print("hard trials, of which 5 calibrate:")
classifier, X, differ, _ = twice(1.0, 5)
print("easy trials, of which 200 calibrate:")
_, _, _, empty = twice(4.0, 200)
fixed = [classifier.predict_set(X, confidence=0.9, smoothing=False) for _ in range(2)]
same = all(list(a) == list(b) for a, b in zip(*fixed))
print(f"hard trials with smoothing=False: the same sets {same}")
print("expected: the same sets, each with a label")
if differ == 0 or empty == 0 or not same:
    raise SystemExit("the behaviour has changed")
PY
