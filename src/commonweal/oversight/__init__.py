"""Intended use, review and what may be shown."""
