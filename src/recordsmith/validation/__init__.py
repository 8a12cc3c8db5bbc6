"""Data and channels checked against the table of algorithms."""
