"""How good a model is on mail whose labels are known: figures with their intervals, fair splits, comparisons.

Mail is judged first (`outcomes`), then counted (`ranking`, `metrics`), then put together with the doubt that
so few messages leave (`intervals`, `results`).
"""
