"""Measurements of recordsmith beside what it is held against; see README.md."""
