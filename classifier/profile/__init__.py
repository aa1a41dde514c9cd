"""What one user taught: corrections, history, own addresses; one SQLite file, whole whatever happens."""

from classifier.profile.journal import Origin
from classifier.profile.profile import Audit, Profile

__all__ = ["Audit", "Origin", "Profile"]
