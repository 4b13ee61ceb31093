"""Estimators that harm their process as a faulty model does. Unpickled by real children."""

from __future__ import annotations

import errno
import os
import signal
import time
from typing import Any

import numpy as np

from inference.child.libraries import sklearn_base


class FaultyEstimator(sklearn_base.BaseEstimator):
    """Misbehaves as the first value of a row says; returns any other value."""

    def __init__(self, at_load: str = "") -> None:
        self.at_load = at_load
        self.n_features_in_ = 1

    def fit(self) -> FaultyEstimator:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.at_load == "exit":
            os._exit(9)
        if self.at_load == "sleep":
            time.sleep(60)

    def predict(self, rows: Any) -> Any:
        values = np.asarray(rows)[:, 0]
        if SLEEP in values:
            time.sleep(60)
        if EXIT in values:
            os._exit(3)
        if SEGFAULT in values:
            signal.raise_signal(signal.SIGSEGV)
        if RAISE in values:
            raise ValueError(f"{RAISE} is not accepted,\nand never was")
        time.sleep(0.3 * (NAP in values) + 2.0 * (LONG_NAP in values))
        if ALLOCATE in values:
            bytearray(1 << 40)
        if LIST_OPEN in values:
            return np.array([_open_resources()] * len(values), dtype=object)
        return _with_faults(values)


SLEEP, EXIT, SEGFAULT, RAISE, NAP, SHORT, NUL, NAN, OBJECT = (float(-n) for n in range(1, 10))
ALLOCATE, LIST_OPEN, LONG_NAP = -10.0, -11.0, -12.0


def _open_resources() -> str:
    """List the open descriptors and the environment of this process."""
    descriptors = [number for number in range(64) if _is_open(number)]
    return f"{descriptors} {sorted(os.environ)}"


def _is_open(descriptor: int) -> bool:
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno != errno.EBADF
    return True


def _with_faults(values: Any) -> Any:
    if SHORT in values:
        return values[:-1]
    if NUL in values:
        return np.array(["a\0b"] * len(values), dtype=object)
    if OBJECT in values:
        return np.array([object()] * len(values), dtype=object)
    return np.where(values == NAN, np.nan, values)
