"""Custom functions and transformers, which define nothing about their input."""

from __future__ import annotations

from typing import Any

import numpy as np

from inference.child.libraries import pandas, sklearn_base


def calendar(frame: Any) -> Any:
    """Take dates apart: the month and the day of the week, of every column."""
    parts = {name: (frame[name].dt.month, frame[name].dt.day_of_week) for name in frame}
    return np.column_stack([part for both in parts.values() for part in both]).astype(float)


def lengths(values: Any) -> Any:
    """Count the characters of the texts of an array."""
    return np.vectorize(len)(values).astype(float)


def first_letters(frame: Any) -> Any:
    """Keep one letter of each text."""
    return pandas.DataFrame({name: frame[name].str[0] for name in frame})


def written(frame: Any) -> Any:
    """Write numbers as texts, of which integers have no point."""
    return frame.astype(str)


def kinds(values: Any) -> Any:
    """Tell texts, integers and other numbers of an array from each other."""
    codes = {str: 0.0, int: 1.0, float: 2.0}
    return np.array([[codes[type(value)] for value in row] for row in values])


class Ratio(sklearn_base.TransformerMixin, sklearn_base.BaseEstimator):
    """Divides one named column by another, and remembers nothing of what it was fitted on."""

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        """Learn nothing."""
        self.is_fitted_ = True
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Divide."""
        frame: Any = pandas.DataFrame(X)
        return (frame["paid"] / frame["due"]).to_numpy()[:, None]
