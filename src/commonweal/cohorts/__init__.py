"""Events to (person, as-of date) rows, their labels, and the only door to the past."""
