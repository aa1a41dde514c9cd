"""Mail of machines: who speaks, what is new, what did not come."""
