"""What was seen before: people, threads and jobs, as they were known when a message came."""

from classifier.history.arrival import Arrival, Whose
from classifier.history.correspondent import Correspondent
from classifier.history.memory import Memory, Ram
from classifier.history.past import History, Past, Recaller

__all__ = ["Arrival", "Correspondent", "History", "Memory", "Past", "Ram", "Recaller", "Whose"]
