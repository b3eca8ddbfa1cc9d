"""What is looked at on a test date beside the rankings as a whole and by group."""
