"""From an agency's event records to decisions it can answer for."""
