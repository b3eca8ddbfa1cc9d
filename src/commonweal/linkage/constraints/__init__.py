"""Rules no person's records may break, one file each."""
