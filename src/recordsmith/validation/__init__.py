"""Data and channels checked against the table of algorithms.

Batches go by `checks.Checks`, which gathers `facts` on the way; the modules named
`..._rules` judge them at the end, and the `findings` become a report. To add a rule,
write a function in the module that it belongs to, list it there in `RULES`, and give its
id a sentence in `reporting.catalogue`.
"""

__all__ = ["checks", "running"]
