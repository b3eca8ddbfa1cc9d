"""How good the scores are, for whom, and how sure that is."""
