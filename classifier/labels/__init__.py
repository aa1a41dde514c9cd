"""What people said about their mail, read from where they said it."""

from __future__ import annotations

from classifier.labels.sources import LabelledMail
from classifier.labels.tsv import LABELS, LabelFile, Labelled, read_labels

__all__ = ["LABELS", "LabelFile", "Labelled", "LabelledMail", "read_labels"]
