"""Labelled mail to a model: in memory where it fits, over blocks on a disk where it does not."""

from classifier.training.in_memory import read_rows, train_model, train_rows

__all__ = ["read_rows", "train_model", "train_rows"]
