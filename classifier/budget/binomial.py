"""How large a rate may be, given how often something happened: exact bounds, in plain Python.

Scoring computes them and must not import scipy; the tests compare with scipy.
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
"""How sure a promise is."""

_TINY = 1e-300
_ENOUGH = 1e-15
_MOST_STEPS = 100_000


def clopper_pearson(errors: float, trials: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Bound a rate from both sides.

    Parameters
    ----------
    errors : float
        How often it happened. Need not be whole: counts that are adjusted for a design effect are not.
    trials : float
        How often it could have happened.
    confidence : float, default 0.95
        Probability, before anything is counted, that the interval will hold the rate.

    Returns
    -------
    low, high : float
        (0, 1) where there were no trials.

    Raises
    ------
    ValueError
        If there are more errors than trials, or fewer than none.

    Source
    ------
    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
    binomial"; for counts that are not whole Korn and Graubard 1998, "Confidence intervals for proportions
    with small expected number of positive counts estimated from survey data".
    """
    one_side = 1 - (1 - confidence) / 2
    return 1 - upper_bound(trials - errors, trials, one_side), upper_bound(errors, trials, one_side)


def upper_bound(errors: float, trials: float, confidence: float = CONFIDENCE) -> float:
    """Bound a rate from above.

    Parameters
    ----------
    errors, trials : float
        As in :func:`clopper_pearson`.
    confidence : float, default 0.95

    Returns
    -------
    float
        The largest rate at which so few errors are not less likely than 1 - `confidence`; after 0 errors in
        n trials it is 1 - (1 - confidence)^(1/n), about 3/n.

    Raises
    ------
    ValueError
        If there are more errors than trials, or fewer than none.
    """
    if not 0 <= errors <= trials:
        raise ValueError(f"{errors} errors in {trials} trials")
    if errors == trials:
        return 1.0
    low, high = errors / trials, 1.0
    while low < (middle := (low + high) / 2) < high:
        if at_most(errors, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_most(errors: float, trials: float, rate: float) -> float:
    """Tell how likely so few errors are.

    Parameters
    ----------
    errors, trials : float
        Fewer errors than trials.
    rate : float
        Of errors, between 0 and 1.

    Returns
    -------
    float
        P(X <= errors) of a binomial variable X, continued to counts that are not whole.
    """
    return _incomplete_beta(trials - errors, errors + 1, 1 - rate, rate)


def allowed_errors(trials: int, rate: float, confidence: float = CONFIDENCE) -> int:
    """Count how many errors still bound a rate.

    Parameters
    ----------
    trials : int
    rate : float
        What the bound must not exceed.
    confidence : float, default 0.95

    Returns
    -------
    int
        The most errors whose :func:`upper_bound` is within `rate`; -1 where not even none is enough.
    """
    low, high = -1, trials
    while high - low > 1:
        middle = (low + high) // 2
        if at_most(middle, trials, rate) <= 1 - confidence:
            low = middle
        else:
            high = middle
    return low


def trials_needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """Count how many trials without any error bound a rate.

    Parameters
    ----------
    rate : float
    confidence : float, default 0.95

    Returns
    -------
    int
        2,995 for a rate of 1/1000.
    """
    return math.ceil(math.log(1 - confidence) / math.log1p(-rate))


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Regularised incomplete beta function I_x(a, b), given x and rest = 1 - x.

    Source: NIST Digital Library of Mathematical Functions 8.17.22, by Lentz's method.
    """
    if x <= 0 or rest <= 0:
        return float(rest <= 0)
    if x > (a + 1) / (a + b + 2):  # there the other side's fraction converges fast
        return 1 - _incomplete_beta(b, a, rest, x)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    ) - math.log(a)
    return math.exp(log_front) * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return value


def _away(value: float) -> float:
    """Keep a denominator away from zero."""
    return value if abs(value) > _TINY else _TINY
