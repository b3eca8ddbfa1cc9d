"""Records to people: pairs scored by splink, clusters under constraints, and how sure they are."""
