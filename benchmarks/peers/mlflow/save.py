"""Save a model in the format of MLflow: ``python save.py MODEL.joblib FOLDER``."""

from __future__ import annotations

import sys

import joblib
from mlflow import sklearn

TRUSTED = ["sklearn.tree._tree.Tree"]
"""A type that a forest contains; MLflow requires its name."""

if __name__ == "__main__":
    model, folder = sys.argv[1:]
    sklearn.save_model(joblib.load(model), folder, pip_requirements=[], skops_trusted_types=TRUSTED)
