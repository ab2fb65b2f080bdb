#!/usr/bin/env bash
# scikit-learn's permutation test with groups finds p = 1 where each person has one label.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
export OMP_NUM_THREADS=1  # small problems, which many threads only slow down
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score, permutation_test_score

print(f"scikit-learn {sklearn.__version__}: 10 patients and 10 controls with 10 windows each, whose features differ clearly")
rng = np.random.default_rng(0)
people = np.repeat(np.arange(20), 10)
y = people % 2
X = rng.normal(size=(200, 3)) + 3 * y[:, None]
model, splits = LogisticRegression(), GroupKFold(5)
score, by_chance, p = permutation_test_score(model, X, y, groups=people, cv=splits, n_permutations=99, random_state=0)
print(f"  permutation_test_score with groups: accuracy {score:.3f}, by chance {by_chance.min():.3f} to {by_chance.max():.3f}, p = {p:.2f}")
labels = np.arange(20) % 2
of_people = [rng.permutation(labels)[people] for _ in range(99)]
scores = [cross_val_score(model, X, shuffled, groups=people, cv=splits).mean() for shuffled in of_people]
right = (1 + sum(found >= score for found in scores)) / 100
print(f"  labels of people exchanged: by chance {min(scores):.3f} to {max(scores):.3f}, p = {right:.2f}")
print("expected: p = 0.01; groups make the splits, and also keep each label with its person in all permutations")
if p != 1 or np.ptp(by_chance) != 0 or score < 0.95 or right > 0.02:
    raise SystemExit("the behaviour has changed")
PY
