"""Violence prevention (paper C): police records of a city whose shooting victims are to be helped."""
