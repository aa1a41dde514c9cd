"""Figures replace figures between their marks, and nothing that was written by hand."""

from __future__ import annotations

import runpy
from pathlib import Path

written = runpy.run_path(str(Path(__file__).parent / "bench" / "write.py"))["written"]

BY_HAND = "# Measured\n\n## Speed\n\n<!-- speed -->\nold\n<!-- /speed -->\n\nA story \\1.\n"


def test_figures_are_replaced_between_their_marks_alone() -> None:
    results = written(BY_HAND, "speed", "| new \\2 |", "27 November 2026")
    assert results.startswith("# Measured\n\n## Speed\n\n<!-- speed -->\n`python tests/bench/speed.py` (27")
    assert "| new \\2 |\n<!-- /speed -->\n\nA story \\1.\n" in results
    assert "old" not in results
    assert written(results, "speed", "| new \\2 |", "27 November 2026") == results


def test_a_benchmark_without_marks_gets_a_section() -> None:
    results = written(BY_HAND, "scaling", "| 1.9 |", "27 November 2026")
    assert results.startswith(BY_HAND.rstrip())
    assert "\n\n## Scaling\n\n<!-- scaling -->\n`python tests/bench/scaling.py`" in results
    assert results.endswith("\n\n| 1.9 |\n<!-- /scaling -->\n")
