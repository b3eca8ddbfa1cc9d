"""The same person under several ids, and orders repeated for one case."""
