"""What is learned one message at a time, on top of a trained model; undone exactly when asked.

Everything learned is a sum of whole numbers over the messages learned: adding and subtracting them is exact
and in any order the same. So unlearning a message gives back, to the bit, what would be there had it never
been learned (what later messages taught stays as they taught it).
"""

from classifier.learners.online.correction import TEACHES, Correction
from classifier.learners.online.corrections import Corrections
from classifier.learners.online.pace import PACES, Pace

__all__ = ["PACES", "TEACHES", "Correction", "Corrections", "Pace"]
