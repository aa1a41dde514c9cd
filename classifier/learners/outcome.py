"""What a fusion of learners comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fused:
    """What a fusion found.

    Parameters
    ----------
    coef : ndarray of shape (n_columns,), float64
        Nats.
    intercept : float
        Nats.
    out_of_fold : ndarray of shape (n_rows,)
        Calibrated log-odds of each row by learners that had not seen it; NaN where it was not held out.
    shares : ndarray of shape (n_members,)
    """

    coef: Floats
    intercept: float
    out_of_fold: Floats
    shares: Floats
