"""Mail that machines write to root: who speaks, what it says, what of that is new, and what did not come."""

from classifier.rootmail.history import JobRecaller
from classifier.rootmail.identity import Identity, identify
from classifier.rootmail.job_past import JobPast
from classifier.rootmail.record import Record, read_job

__all__ = ["Identity", "JobPast", "JobRecaller", "Record", "identify", "read_job"]
