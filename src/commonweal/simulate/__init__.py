"""Seeded agencies with known truth, at any scale."""
