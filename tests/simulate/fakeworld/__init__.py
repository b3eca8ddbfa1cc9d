"""A world of nothing in particular: people, what they were visited for, and who was harmed."""
