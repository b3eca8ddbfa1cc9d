"""Scorecards: a few yes-or-no items worth whole points each, added up by hand."""
