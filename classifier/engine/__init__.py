"""The whole way, from bytes to verdicts, for one message or many; and from labels to a model.

Neither training nor several processes are imported before somebody trains or asks for them.
"""

from classifier.engine.school import train
from classifier.engine.triage import Classifier

__all__ = ["Classifier", "train"]
