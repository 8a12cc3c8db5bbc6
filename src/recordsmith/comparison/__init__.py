"""Which format to use: those that an algorithm takes, measured on the user's own rows.

How the recommended one is found, by facts and measured numbers alone:

1. A format that recordsmith cannot write, or that cannot hold the rows, is out; so is one
   that cannot be read in the input mode that was asked for.
2. What loses something, changes what the rows mean, or rests on a fact of the table that
   nobody confirmed, comes after all that does not. Numbers rounded to the nearest float32
   do not count as lost: the algorithms' own tensors are float32, so that text is rounded
   when it is read. Whole numbers as labels must stay the same.
3. Of those left, the one that is read fastest, by the median of its passes, and all whose
   fastest pass takes at most a quarter longer: what is within the noise decides nothing.
4. Of those, the smallest, and all that are at most 5 % larger.
5. Of those, the one that the table names first.

Where nothing is left after step 2, what is not confirmed comes before what changes the
meaning, and that before what loses something.
"""

from __future__ import annotations

__all__ = ["comparing", "results"]
