"""Custody (paper A): detainers, officers' decisions and re-arrests; evaluated in aggregate only."""
