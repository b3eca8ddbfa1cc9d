"""Decision trees people can read: near the best there is, and said how near."""
