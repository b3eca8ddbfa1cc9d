"""Violence prevention (paper C): police records of a city whose victims are to be helped."""
