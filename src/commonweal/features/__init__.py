"""The past to numbers: counts, recency, attributes and network features."""
