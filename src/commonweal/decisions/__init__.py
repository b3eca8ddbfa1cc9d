"""Scores to recommendations under capacity; help only."""
